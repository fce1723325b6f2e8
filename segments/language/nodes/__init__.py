"""The kinds of node a rule is made of: one small class each."""

from segments.language.nodes.attr import AttrNode
from segments.language.nodes.base import Frame, Node
from segments.language.nodes.consent import ConsentNode
from segments.language.nodes.event import EventNode
from segments.language.nodes.group import GroupNode
from segments.language.nodes.identifier import IdentifierNode
from segments.language.nodes.sample import SampleNode
from segments.language.nodes.segment import SegmentNode

KINDS: dict[str, type[Node]] = {
    kind.key: kind for kind in (GroupNode, AttrNode, IdentifierNode, EventNode, ConsentNode, SegmentNode, SampleNode)
}


def read(body: dict, pointer: str = "/rule") -> Node:
    """The node that `body` describes; `body` has passed the schema."""
    kind = next(KINDS[key] for key in KINDS if key in body)
    node = kind(body=body, pointer=pointer)
    if isinstance(node, GroupNode):
        node.children = tuple(read(child, f"{pointer}/of/{place}") for place, child in enumerate(body["of"]))
    return node


__all__ = ["KINDS", "Frame", "GroupNode", "Node", "SegmentNode", "read"]

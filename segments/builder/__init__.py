"""The assisted builder: a document as lines of a form, a form as a document, and the edits in between.

Needs no script: every edit is a button that posts the whole form. A place in the tree is told by its path, the places
in the groups from the top: "" is the rule itself, "0.2" the third in its first group, "0.2.w1" the second test there.
"""

from segments.builder.edits import edited, grouped
from segments.builder.forms import ADDABLE, document_from
from segments.builder.lines import BuilderLine, line_of, with_errors

__all__ = ["ADDABLE", "BuilderLine", "document_from", "edited", "grouped", "line_of", "with_errors"]

"""Which mutants are planted: some of all that are possible, each file in proportion, by a committed seed."""

from pathlib import Path

from tests.mutants import deciding, python, sql
from tests.mutants.mutant import Mutant, digest, mutants, read

SEED = "Kendt, autumn 2026"
NUMBER = 300


def possible(root: Path = deciding.ROOT) -> dict[str, list[Mutant]]:
    """All mutants, by file."""
    files = sorted({file for part in deciding.DECIDING for file in deciding.files_of(part, root)})
    return {file: of_file(file, root) for file in files}


def of_file(file: str, root: Path = deciding.ROOT) -> list[Mutant]:
    text = read(root / file)
    return mutants(file, text, (sql if file.endswith(".sql") else python).edits(text))


def draw(all_of_them: dict[str, list[Mutant]], number: int = NUMBER, seed: str = SEED, root: Path = deciding.ROOT):
    """`number` of them. Those of one file do not depend on the order of files, of lines or of the other mutants."""
    shares = _shares({file: len(found) for file, found in all_of_them.items()}, number)
    return [mutant for file in sorted(shares) for mutant in _first(all_of_them[file], shares[file], seed, root)]


def _first(found: list[Mutant], share: int, seed: str, root: Path) -> list[Mutant]:
    """The first `share` in the order of the seed that can be read as Python; in the order of their lines."""
    ranked = iter(sorted(found, key=lambda mutant: digest(seed, mutant.identity)))
    taken: list[Mutant] = []
    while len(taken) < share and (mutant := next(ranked, None)):
        if mutant.file.endswith(".sql") or python.is_sound(mutant.edit.made_in(read(root / mutant.file))):
            taken.append(mutant)
    return sorted(taken, key=lambda mutant: mutant.edit)


def _shares(sizes: dict[str, int], number: int) -> dict[str, int]:
    """`number` shared out in proportion to `sizes`: whole parts, then one each to the largest remainders."""
    total = sum(sizes.values()) or 1
    number = min(number, sum(sizes.values()))
    shares = {file: number * size // total for file, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda file: (-(number * sizes[file] % total), file))
    for file in by_remainder[: number - sum(shares.values())]:
        shares[file] += 1
    return shares

"""Makes mutants: each is a module with one place changed, as a slip of the pen would change it.

Comparisons flipped and their boundary moved, `and` for `or`, an operand or a `not` dropped, a condition turned round, a
filter dropped, numbers one up or down, words and bytes changed, another member of an enumeration, another outcome of a
check, arithmetic turned round; statements taken out: a raise, an early return, a call, a yield, what is added up.

Not made are mutants of what decides nothing: docstrings, `__repr__`, `__all__`, annotations, decorators, prose (words
with blanks between them), f-strings, how a dataclass shows a field, and guards against a slip of the programmer
(`assert`, `strict` of `zip`).
"""

import ast
import enum
import hashlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Final

_FLIPPED: Final = MappingProxyType(
    {
        ast.Eq: (ast.NotEq,),
        ast.NotEq: (ast.Eq,),
        ast.Lt: (ast.LtE, ast.GtE),
        ast.LtE: (ast.Lt, ast.Gt),
        ast.Gt: (ast.GtE, ast.LtE),
        ast.GtE: (ast.Gt, ast.Lt),
        ast.In: (ast.NotIn,),
        ast.NotIn: (ast.In,),
        ast.Is: (ast.IsNot,),
        ast.IsNot: (ast.Is,),
    }
)
_TURNED: Final = MappingProxyType(
    {
        ast.Add: ast.Sub,
        ast.Sub: ast.Add,
        ast.Mult: ast.Add,
        ast.FloorDiv: ast.Mult,
        ast.Mod: ast.FloorDiv,
        ast.BitAnd: ast.BitOr,
        ast.BitOr: ast.BitAnd,
        ast.LShift: ast.RShift,
        ast.RShift: ast.LShift,
    }
)
# Outcomes of checks and the two pairs of questions that a slip exchanges.
_OTHER_NAME: Final = MappingProxyType(
    {
        "passed": "failed",
        "failed": "warned",
        "warned": "failed",
        "not_checked": "warned",
        "any": "all",
        "all": "any",
        "min": "max",
        "max": "min",
    }
)
_QUESTIONS: Final = (ast.Name, ast.Call, ast.Attribute, ast.Subscript)
_SAY_NOTHING: Final = frozenset({"__repr__", "__str__"})


@dataclass(frozen=True)
class Mutant:
    """One changed place: where it is, what stood there, what stands there now, and the module as it is then."""

    module: str
    line: int
    column: int
    before: str
    after: str
    text: str
    source: bytes

    @property
    def id(self) -> str:
        """Give what tells it from every other mutant, also when lines above it move."""
        facts = "\0".join((self.module, str(self.line), str(self.column), self.before, self.after))
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @property
    def told(self) -> str:
        """Tell the change in one line."""
        return f"{self.before} → {self.after}"


def mutants(module: str, source: bytes) -> list[Mutant]:
    """Make every mutant of a module, named by its path below the root."""
    imported = importlib.import_module(module.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))
    made: dict[bytes, Mutant] = {}
    for node, after in _Places(imported).of(tree):
        start = begins[node.lineno - 1] + node.col_offset
        stop = begins[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        changed = source[:start] + after.encode() + source[stop:]
        before = " ".join(source[start:stop].decode().split())
        text = lines[node.lineno - 1].decode().strip()
        mutant = Mutant(module, node.lineno, node.col_offset, before, after, text, changed)
        try:
            ast.parse(changed)
        except SyntaxError:
            continue
        made.setdefault(changed, mutant)
    return list(made.values())


Place = tuple[ast.expr | ast.stmt, str]


class _Places:
    """Walks a module and gives the places to change."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def of(self, node: ast.AST, *, last: ast.stmt | None = None) -> Iterator[Place]:
        """Give the places below a node; `last` is the statement with which the function around it ends."""
        if isinstance(node, ast.FunctionDef):
            if node.name in _SAY_NOTHING:
                return
            last = node.body[-1]
        if isinstance(node, ast.JoinedStr) or _is_of_no_account(node):
            return
        if isinstance(node, ast.stmt):
            yield from _of_statement(node, last)
        if isinstance(node, ast.expr):
            yield from _of_expression(node)
            yield from self._of_member(node)
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list"} or _is_display(node, name):
                continue
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST):
                    yield from self.of(each, last=last)

    def _of_member(self, node: ast.expr) -> Iterator[Place]:
        """Put the next member of an enumeration in the place of one."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            kind = getattr(self.module, node.value.id, None)
            if isinstance(kind, type) and issubclass(kind, enum.Enum) and node.attr in kind.__members__:
                names = list(kind.__members__)
                other = names[(names.index(node.attr) + 1) % len(names)]
                if other != node.attr:
                    yield node, f"{node.value.id}.{other}"


def _is_of_no_account(node: ast.AST) -> bool:
    """Tell docstrings, `__all__` and imports."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Assert)


def _is_display(node: ast.AST, name: str) -> bool:
    """Tell the keywords that say how a dataclass shows a field, and that `zip` is to check what is so anyway."""
    return isinstance(node, ast.keyword) and node.arg in {"repr", "strict"} and name == "value"


def _of_statement(node: ast.stmt, last: ast.stmt | None) -> Iterator[Place]:
    removable = (ast.Raise, ast.Continue, ast.Break, ast.AugAssign, ast.Expr)
    if isinstance(node, removable) or (isinstance(node, ast.Return) and node is not last):
        yield node, "pass"
    if isinstance(node, ast.Assign) and any(isinstance(each, ast.Attribute | ast.Subscript) for each in node.targets):
        yield node, "pass"
    if isinstance(node, ast.If | ast.While) and isinstance(node.test, _QUESTIONS):
        yield node.test, f"(not {ast.unparse(node.test)})"


def _of_expression(node: ast.expr) -> Iterator[Place]:
    if isinstance(node, ast.Compare):
        yield from _of_comparison(node)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, _written(ast.BoolOp(other, node.values))
        for place in range(len(node.values)):
            kept = node.values[:place] + node.values[place + 1 :]
            yield node, _written(kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, _written(node.operand)
    elif isinstance(node, ast.IfExp) and isinstance(node.test, _QUESTIONS):
        yield node.test, f"(not {ast.unparse(node.test)})"
    elif isinstance(node, ast.BinOp) and type(node.op) in _TURNED:
        yield node, _written(ast.BinOp(node.left, _TURNED[type(node.op)](), node.right))
    elif isinstance(node, ast.Constant):
        yield from ((node, each) for each in _other_constants(node.value))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _OTHER_NAME:
        yield node, _OTHER_NAME[node.id]
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for comprehension in node.generators:
            yield from ((test, "True") for test in comprehension.ifs)


def _of_comparison(node: ast.Compare) -> Iterator[Place]:
    for place, kind in enumerate(node.ops):
        for other in _FLIPPED[type(kind)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield node, _written(ast.Compare(node.left, ops, node.comparators))


def _other_constants(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield str(value + 1)
        yield f"({value - 1})"
    elif isinstance(value, bytes):
        yield repr(value + b"x" if value else b"x")
    elif isinstance(value, str) and " " not in value.strip():
        yield repr(value + "x" if value else "x")


def _written(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"

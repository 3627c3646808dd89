"""Expressions as Verilog wires: signed, and each as wide as its value can need, so that nothing overflows."""

import attrs

from syntherm_verify.model.expr import YES, Expr, Num, Op, Var, choose
from syntherm_verify.model.program import Assign


@attrs.frozen
class Value:
    """A wire or a constant, and the numbers between which it lies."""

    text: str
    least: int
    most: int


def width(least: int, most: int) -> int:
    """Bits of a signed number that holds both."""
    return 1 + max((most if most >= 0 else -most - 1).bit_length(), (least if least >= 0 else -least - 1).bit_length())


def _constant(value: int) -> Value:
    bits = width(value, value)
    return Value(f"{'-' if value < 0 else ''}{bits + 1}'sd{abs(value)}", value, value)


class Wires:
    """Prints expressions as wires, each operation once; `now` says which wire carries a name's present value."""

    def __init__(self, now: dict[str, Value], prefix: str) -> None:
        self.now, self.prefix = now, prefix
        self.lines: list[str] = []
        self._made: dict[tuple[str, ...], Value] = {}

    def value(self, expression: Expr) -> Value:
        """The wire of an expression, of present values."""
        if isinstance(expression, Num):
            return _constant(expression.value)
        if isinstance(expression, Var):
            return self.now[expression.name]
        parts = [self.value(part) for part in expression.of]
        return self._operation(expression, parts)

    def assign(self, statement: Assign) -> None:
        """Carry out one assignment."""
        name, value, when = statement.name, statement.value, statement.when
        self.now[name] = self.value(value if when == YES else choose(when, value, Var(name)))

    def _operation(self, operation: Op, parts: list[Value]) -> Value:
        texts, sign = [part.text for part in parts], operation.sign
        if sign in "+-":
            a, b = parts
            ends = (a.least + b.least, a.most + b.most) if sign == "+" else (a.least - b.most, a.most - b.least)
            return self._wire(f"{texts[0]} {sign} {texts[1]}", *ends)
        if sign == "?":
            _, yes, no = self._bounded(operation, parts) if operation.of[0] != YES else parts
            least, most = min(yes.least, no.least), max(yes.most, no.most)
            return self._wire(f"{self._truth(parts[0])} ? {texts[1]} : {texts[2]}", least, most)
        if sign == "!":
            return self._wire(f"!{self._truth(parts[0])}", 0, 1)
        if sign in "&|":
            return self._wire(f" {sign} ".join(self._truth(part) for part in parts), 0, 1)
        return self._wire(f"{texts[0]} {sign} {texts[1]}", 0, 1)

    def _bounded(self, choice: Op, parts: list[Value]) -> list[Value]:
        # `x where x <= c, else c` cannot exceed c, and `x where c <= x, else c` cannot fall below it.
        test, yes, no = choice.of
        if isinstance(test, Op) and test.sign == "<=" and isinstance(no, Num):
            if test.of == (yes, no):
                return [parts[0], attrs.evolve(parts[1], most=min(parts[1].most, no.value)), parts[2]]
            if test.of == (no, yes):
                return [parts[0], attrs.evolve(parts[1], least=max(parts[1].least, no.value)), parts[2]]
        return parts

    def _truth(self, value: Value) -> str:
        return f"{value.text}[0]" if value.text[0].isalpha() else "1'b1" if value.least else "1'b0"

    def _wire(self, text: str, least: int, most: int) -> Value:
        if (text,) not in self._made:
            name = f"{self.prefix}{len(self._made)}"
            if (least, most) == (0, 1):
                # A truth is 0 or 1 in two bits, since every number is signed.
                self.lines.append(f"wire signed [1:0] {name} = {{1'b0, ({text}) != 0}};")
            else:
                self.lines.append(f"wire signed [{width(least, most) - 1}:0] {name} = {text};")
            self._made[(text,)] = Value(name, least, most)
        return self._made[(text,)]

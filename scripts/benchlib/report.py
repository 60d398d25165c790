"""Rounds, ratios and the table."""
import dataclasses
import statistics


@dataclasses.dataclass
class Measurement:
    """One contestant in one round."""
    rate: float          # operations (or bytes) per second
    cpu_per_million: float  # server CPU seconds per million operations
    correct: bool = True
    note: str = ""


@dataclasses.dataclass
class Row:
    workload: str
    contestant: str
    unit: str
    rate: float = 0.0
    cpu: float = 0.0
    ratios: list = dataclasses.field(default_factory=list)  # of rates, to the row compared with
    cpu_ratios: list = dataclasses.field(default_factory=list)  # of work per CPU second
    against: str = ""
    floor: float = 0.0
    goal: float = 0.0
    at_most: float = 0.0  # bound of the figure itself, where nothing is compared
    correct: bool = True
    rounds: int = 0
    note: str = ""

    def ratio(self):
        return statistics.median(self.ratios) if self.ratios else None

    def cpu_ratio(self):
        return statistics.median(self.cpu_ratios) if self.cpu_ratios else None

    def below(self):
        """Held to the worse of the two: a rate may be that of the load generator."""
        if self.at_most:
            return self.rate > self.at_most
        found = [x for x in (self.ratio(), self.cpu_ratio()) if x is not None]
        return bool(found) and min(found) < self.floor

    def as_dict(self):
        return dataclasses.asdict(self) | {"ratio": self.ratio(), "cpu_ratio": self.cpu_ratio()}


def run_rounds(workload, unit, contestants, options, comparisons):
    """Measures every contestant once per round, in turn.

    contestants: {name: function(seconds) -> Measurement}; the first is the canary.
    comparisons: [(name, against, floor, goal)].
    """
    names = list(contestants)
    for name in names:  # warm up
        contestants[name](min(1.0, options.seconds))
    rounds = []
    for number in range(options.rounds):
        rounds.append({name: contestants[name](options.seconds) for name in names})
        shown = "  ".join(f"{n} {rounds[-1][n].rate:,.0f}" for n in names)
        print(f"  {workload} round {number + 1}/{options.rounds}: {shown}", flush=True)
    canary = statistics.median(r[names[0]].rate for r in rounds)
    kept = [r for r in rounds if abs(r[names[0]].rate / canary - 1) <= 0.15] or rounds
    rows = {}
    for name in names:
        rows[name] = Row(workload, name, unit,
                         rate=statistics.median(r[name].rate for r in kept),
                         cpu=statistics.median(r[name].cpu_per_million for r in kept),
                         correct=all(r[name].correct for r in rounds), rounds=len(kept),
                         note=kept[len(kept) // 2][name].note)
    result = list(rows.values())
    for name, against, floor, goal in comparisons:
        row = rows[name]
        if row.against:  # a second comparison of the same contestant is a row of its own
            row = dataclasses.replace(row)
            result.append(row)
        row.against, row.floor, row.goal = against, floor, goal
        row.ratios = [r[name].rate / r[against].rate for r in kept if r[against].rate]
        pairs = [(r[against].cpu_per_million, r[name].cpu_per_million) for r in kept]
        row.cpu_ratios = [theirs / ours for theirs, ours in pairs if theirs and ours]
    return result


def print_table(rows, options):
    print(f"\n{options.rounds} rounds of {options.seconds:g} s; server on core 0, load on core 1.\n")
    print("| workload | contestant | rate | CPU-s per million | to | ratio (min-max) | ratio per CPU-s "
          "| floor | goal | note |")
    print("| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |")
    for row in rows:
        wrong = "" if row.correct else " WRONG RESULT"
        cells = [row.workload, row.contestant + wrong, f"{number(row.rate)} {row.unit}",
                 f"{row.cpu:,.2f}" if row.cpu else "", row.against, spread(row.ratios),
                 spread(row.cpu_ratios), bound(row), f"{row.goal:.2f}" if row.goal else "",
                 row.note]
        print("| " + " | ".join(cells) + " |")


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"


def spread(ratios):
    if not ratios:
        return ""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def bound(row):
    if row.at_most:
        return f"<= {number(row.at_most)}" + (" **above**" if row.below() else "")
    return (f"{row.floor:.2f}" if row.floor else "") + (" **below**" if row.below() else "")

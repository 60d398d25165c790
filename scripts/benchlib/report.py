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
    ratios: list = dataclasses.field(default_factory=list)  # to the row it is compared with
    against: str = ""
    floor: float = 0.0
    goal: float = 0.0
    correct: bool = True
    rounds: int = 0

    def ratio(self):
        return statistics.median(self.ratios) if self.ratios else None

    def as_dict(self):
        return dataclasses.asdict(self) | {"ratio": self.ratio()}


def run_rounds(workload, unit, contestants, options, comparisons):
    """Measures every contestant once per round, in turn.

    contestants: {name: function(seconds) -> Measurement}; the first is the limit and the canary.
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
                         correct=all(r[name].correct for r in rounds), rounds=len(kept))
    result = list(rows.values())
    for name, against, floor, goal in comparisons:
        row = rows[name]
        if row.against:  # a second comparison of the same contestant is a row of its own
            row = dataclasses.replace(row, ratios=[])
            result.append(row)
        row.against, row.floor, row.goal = against, floor, goal
        row.ratios = [r[name].rate / r[against].rate for r in kept if r[against].rate]
    return result


def print_table(rows, options):
    print(f"\n{options.rounds} rounds of {options.seconds:g} s; server on core 0, load on core 1.\n")
    print("| workload | contestant | rate | CPU-s per million | ratio (min-max) | to | floor | goal |")
    print("| --- | --- | ---: | ---: | ---: | --- | ---: | ---: |")
    for row in rows:
        ratio = ""
        if row.ratios:
            met = "" if row.ratio() >= row.floor else " **below**"
            ratio = f"{row.ratio():.2f} ({min(row.ratios):.2f}-{max(row.ratios):.2f}){met}"
        floor = f"{row.floor:.2f}" if row.floor else ""
        goal = f"{row.goal:.2f}" if row.goal else ""
        wrong = "" if row.correct else " WRONG RESULT"
        print(f"| {row.workload} | {row.contestant}{wrong} | {row.rate:,.0f} {row.unit} | "
              f"{row.cpu:,.2f} | {ratio} | {row.against} | {floor} | {goal} |")

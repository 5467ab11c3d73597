"""The command line of the benches: finds the module, parses its options, prints one JSON object as the last line."""

from __future__ import annotations

import argparse
import ast
import importlib
import sys
from pathlib import Path

from bench.report import Result, as_json
from calls.errors import CallCentreError

_FOLDER = Path(__file__).parent


def bench_names() -> dict[str, str]:
    """Return the name of each bench and the first line of its docstring, without importing any of them."""
    names: dict[str, str] = {}
    for path in sorted(_FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if {"run", "add_arguments"} <= functions:
            names[path.stem.replace("_", "-")] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return names


def main(argv: list[str] | None = None) -> int:
    """Run one bench; returns the exit code: 0, 1 when what was measured must not be, 2 when nothing could be."""
    arguments = sys.argv[1:] if argv is None else argv
    names = bench_names()
    listing = "\n".join(f"  {name:<10} {line}" for name, line in names.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        usage="python -m bench NAME [options] [--json FILE|-]",
        description=f"Measuring commands:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", choices=list(names), help="which bench; NAME --help shows its options")
    chosen = parser.parse_args(arguments[:1]).name
    module = importlib.import_module(f"bench.{chosen.replace('-', '_')}")
    options = argparse.ArgumentParser(
        prog=f"python -m bench {chosen}",
        description=module.__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    module.add_arguments(options)
    options.add_argument(
        "--json", metavar="FILE", default="-", help="also write the JSON object to FILE; - prints it only"
    )
    parsed = options.parse_args(arguments[1:])
    try:
        result: Result = module.run(parsed)
    except CallCentreError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 2
    line = as_json(chosen, result)
    if parsed.json != "-":
        Path(parsed.json).write_text(line + "\n", encoding="utf-8")
    for failure in result.failures:
        print(failure, file=sys.stderr)
    sys.stderr.flush()
    print(line, flush=True)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())

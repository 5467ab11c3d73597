"""The measuring commands: `python -m bench NAME [options] --json -`.

Options and keys of all benches stay the same over releases.

Each bench is one module (`latency`, `asr_load` for `asr-load` …) with two functions:

    add_arguments(parser)   its options, every one with a default
    run(args) -> Result     measures; progress goes to stderr (`bench.report.progress`)

Everything common (git, processor, intervals, JSON) is in `bench.report`. A module without `run` is a helper.
"""

"""The parts of the runner, for `run.py` and for the tools that ask an adapter too.

cases: what is asked. places: where an answer holds bytes or JSON text. comparing: the first
difference of two answers. adapter: the process on the pipe. asking: all cases, in order. claims:
what a run shows. sentences: the text of the specification. text_report and html_report: what is
printed. watching: when the adapter's files change. Standard library only, Python 3.9.
"""

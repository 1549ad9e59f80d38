"""What pytest and nbval need to know about the notebooks of the course; the rules themselves are in labutils.claims."""

import os

import pytest

# Kept as pictures and progress for the reader; the numbers behind them are recorded and compared.
NOT_COMPARED = ("stderr", "image/svg+xml", "application/vnd.plotly.v1+json")
# nbval waits 5 s for the output of a finished cell; a busy machine may need longer.
OUTPUT_TIMEOUT_S = 60


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: starts Jupyter kernels or trains something")
    if _nbval_runs(config):
        from labutils import notebooks

        at_once = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        os.environ.update(notebooks.kernel_environment(at_once))
        _compare_records_with_tolerance(config)


def pytest_report_header(config: pytest.Config) -> str | None:
    if _nbval_runs(config) and not _default_profile():
        return "labs: not the default profile, so notebooks must run without error but outputs are NOT compared"
    return None


def pytest_collectstart(collector: pytest.Collector) -> None:
    if _nbval_runs(collector.config) and hasattr(collector, "skip_compare"):
        collector.skip_compare = (*collector.skip_compare, *NOT_COMPARED)


def pytest_itemcollected(item: pytest.Item) -> None:
    if _nbval_runs(item.config) and hasattr(item, "output_timeout"):
        item.output_timeout = OUTPUT_TIMEOUT_S
        if not _default_profile():
            item.options["check"] = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse ids that occur twice: with a rootdir elsewhere, labs/ and solutions/ share ids, and xdist drops half."""
    if _nbval_runs(config) and len({item.nodeid for item in items}) < len(items):
        raise pytest.UsageError("two notebooks have the same test id; give pytest the checkout as --rootdir")


def _nbval_runs(config: pytest.Config) -> bool:
    return bool(config.getoption("nbval", False) or config.getoption("nbval_lax", False))


def _default_profile() -> bool:
    from labutils import claims

    return claims.default_profile()


def _compare_records_with_tolerance(config: pytest.Config) -> None:
    """Make nbval compare recorded numbers by tolerance and everything else as it always does."""
    from nbval.plugin import IPyNbCell

    from labutils import claims

    strictly = IPyNbCell.compare_outputs

    def compare_outputs(self, test, ref, skip_compare=None) -> bool:
        test, fresh = claims.split_records(test)
        ref, stored = claims.split_records(ref)
        same = strictly(self, test, ref, skip_compare)
        drifts = claims.compare_records(stored, fresh)
        self.comparison_traceback.extend(drifts)
        return same and not drifts

    IPyNbCell.compare_outputs = compare_outputs
    config.add_cleanup(lambda: setattr(IPyNbCell, "compare_outputs", strictly))

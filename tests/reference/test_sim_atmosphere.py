"""Air density against the printed US Standard Atmosphere 1976 (NOAA-S/T 76-1562), table I."""

import pytest

from signalfire.sim import _kernels

TABLE = {
    0.0: 1.2250,
    5e3: 0.73643,
    10e3: 0.41351,
    20e3: 0.088910,
    30e3: 0.018410,
    40e3: 3.9957e-3,
    50e3: 1.0269e-3,
    60e3: 3.0968e-4,
    70e3: 8.2829e-5,
    80e3: 1.8458e-5,
}
THIN = {134e3: 5.897e-9, 136e3: 5.074e-9, 155e3: 1.585e-9, 170e3: 7.815e-10, 190e3: 3.581e-10}


@pytest.mark.parametrize("height_m", TABLE)
def test_density_is_that_of_the_printed_table(height_m: float) -> None:
    assert _kernels.air_density(height_m) == pytest.approx(TABLE[height_m], rel=2e-4)


@pytest.mark.parametrize("height_m", THIN)
def test_density_between_the_kept_rows_of_thin_air_is_near_the_printed_one(height_m: float) -> None:
    assert _kernels.air_density(height_m) == pytest.approx(THIN[height_m], rel=0.05)


def test_density_is_continuous_where_the_table_takes_over() -> None:
    below, above = _kernels.air_density(85_999.0), _kernels.air_density(86_001.0)
    assert below == pytest.approx(above, rel=0.01)

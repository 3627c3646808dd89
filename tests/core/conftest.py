"""The bench, as fixtures."""

from bench_fixtures import bench as bench
from bench_fixtures import made as made

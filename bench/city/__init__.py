"""A synthetic city with known truth: people, lives, and the files that its three agencies deliver."""

from bench.city.city import City, File, Truth, write, write_city
from bench.city.court_file import court_file
from bench.city.lives import Parameters

__all__ = ["City", "File", "Parameters", "Truth", "court_file", "write", "write_city"]

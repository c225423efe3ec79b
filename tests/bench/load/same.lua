-- The address as given.
dofile("tests/bench/load/report.lua")

-- All that REST says of a property, of one after the other, at random.
dofile("tests/bench/load/report.lua")
function init(args)
  math.randomseed(7)
  wrk.headers["Content-Type"] = "application/json"
  query = args[1]
end
function request()
  return wrk.format("POST", "/graphql", nil, string.format(
    '{"query":"%s","variables":{"id":"01%06d-0000-7000-8000-000000000001"}}', query, math.random(48000)))
end

-- The query it is given, again and again.
dofile("tests/bench/load/report.lua")
function init(args)
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = args[1]
end
function request() return wrk.format("POST", "/graphql") end

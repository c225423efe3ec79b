-- One account, as often as it can.
dofile("tests/bench/load/report.lua")
function init(args)
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = '{"username":"bench","password":"' .. args[1] .. '"}'
end
function request() return wrk.format("POST", "/api/v1/auth/login/") end

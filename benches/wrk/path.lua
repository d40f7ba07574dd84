-- Gets of BENCH_PATH. Twelve # in it are replaced by the number of a random pool of seed.sql.
local run = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "run.lua")

run.sends(function()
  local get = run.numbered("GET", os.getenv("BENCH_PATH"))
  return function() return get(100000000000 + math.random(1000)) end
end)

-- Claims for new devices from each of BENCH_POOLS (ids separated by commas) in turn.
local run = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "run.lua")

run.sends(function()
  local claims = {}
  for pool in os.getenv("BENCH_POOLS"):gmatch("[^,]+") do
    claims[#claims + 1] = run.numbered("POST", run.pools .. "/" .. pool .. "/esimpool.claim",
      '{"deviceName":"Device ' .. run.NUMBER .. '0000000","userName":"ann@contoso.com"}')
  end
  return function(number) return claims[1 + number % #claims](number) end
end)

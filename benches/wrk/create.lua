-- New pools of BENCH_CODES codes each (1, if that is not said), every one with another name, other
-- ICCIDs and other secrets.
local run = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "run.lua")

run.sends(function()
  local codes = {}
  for place = 1, tonumber(os.getenv("BENCH_CODES") or 1) do
    codes[place] = string.format(
      '{"@odata.type":"microsoft.graph.embeddedSIMActivationCode",'
        .. '"integratedCircuitCardIdentifier":"8944%s%03d",'
        .. '"matchingIdentifier":"MATCH-%s-%03d",'
        .. '"smdpPlusServerAddress":"smdp.example.com"}',
      run.NUMBER, place, run.NUMBER, place)
  end
  return run.numbered("POST", run.pools, string.format(
    '{"@odata.type":"#microsoft.graph.embeddedSIMActivationCodePool",'
      .. '"displayName":"Bench pool %s","activationCodes":[%s]}',
    run.NUMBER, table.concat(codes, ",")))
end)

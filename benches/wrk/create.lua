-- Creates of pools with BENCH_CODES codes each (default: 1), with unique names, ICCIDs and secrets.
local run = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "run.lua")

run.sends(function()
  local codes = {}
  for index = 1, tonumber(os.getenv("BENCH_CODES") or 1) do
    codes[index] = string.format(
      '{"@odata.type":"microsoft.graph.embeddedSIMActivationCode",'
        .. '"integratedCircuitCardIdentifier":"8944%s%03d",'
        .. '"matchingIdentifier":"MATCH-%s-%03d",'
        .. '"smdpPlusServerAddress":"smdp.example.com"}',
      run.NUMBER, index, run.NUMBER, index)
  end
  return run.numbered("POST", run.pools, string.format(
    '{"@odata.type":"#microsoft.graph.embeddedSIMActivationCodePool",'
      .. '"displayName":"Bench pool %s","activationCodes":[%s]}',
    run.NUMBER, table.concat(codes, ",")))
end)

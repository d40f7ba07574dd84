-- Batches of 20 gets of random pools of seed.sql.
local run = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "run.lua")

run.sends(function()
  local parts = {}
  for index = 1, 20 do
    -- Padded to twelve characters, the length of the numbers that replace it.
    parts[index] = string.format(
      '{"id":"%d","method":"GET","url":"/deviceManagement/embeddedSIMActivationCodePools/'
        .. '5eed0000-0000-7000-8000-%%012d"}',
      index)
  end
  local pattern = '{"requests":[' .. table.concat(parts, ",") .. "]}"
  local numbers = {}
  for index = 1, 20 do numbers[index] = 0 end
  local sample = string.format(pattern, unpack(numbers))
  local request = run.numbered("POST", "/beta/$batch", sample)(0)
  local head = request:sub(1, #request - #sample)
  return function()
    for index = 1, 20 do numbers[index] = 100000000000 + math.random(1000) end
    return head .. string.format(pattern, unpack(numbers))
  end
end)

-- A batch of gets of any 20 of the pools of seed.sql.
local run = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "run.lua")

run.sends(function()
  local parts = {}
  for place = 1, 20 do
    -- Twelve signs, as long as the number that comes in their place.
    parts[place] = string.format(
      '{"id":"%d","method":"GET","url":"/deviceManagement/embeddedSIMActivationCodePools/'
        .. '5eed0000-0000-7000-8000-%%012d"}',
      place)
  end
  local pattern = '{"requests":[' .. table.concat(parts, ",") .. "]}"
  local numbers = {}
  for place = 1, 20 do numbers[place] = 0 end
  local blank = string.format(pattern, unpack(numbers))
  local whole = run.numbered("POST", "/beta/$batch", blank)(0)
  local head = whole:sub(1, #whole - #blank)
  return function()
    for place = 1, 20 do numbers[place] = 100000000000 + math.random(1000) end
    return head .. string.format(pattern, unpack(numbers))
  end
end)

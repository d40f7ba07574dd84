-- What the scripts of this folder share: one thread of wrk sends requests until the time or the
-- number is up, waits until each is answered, and prints what it saw as JSON.
--
-- From the environment:
--   BENCH_CONNECTIONS  what wrk was told of them, which scripts are not
--   BENCH_TOKEN        the bearer token; none is sent without
--   BENCH_SECONDS      how long to send
--   BENCH_LIMIT        how many to send, if that comes earlier
--   BENCH_FIRST        the number before the first: what a request names is new as its number is

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds, micros; } esimpool_time;
  int gettimeofday(esimpool_time *, void *);
  int getpid(void);
  int kill(int, int);
]]

local INTERRUPT = 2
local run = { pools = "/beta/deviceManagement/embeddedSIMActivationCodePools" }

-- Stands in a request where its number belongs; the number is as long, always.
run.NUMBER = "############"

local time = ffi.new("esimpool_time")
local function now()
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.seconds) + tonumber(time.micros) / 1e6
end

-- A function from a number to the request that has it in every place of NUMBER.
function run.numbered(method, path, body)
  local headers = {}
  local token = os.getenv("BENCH_TOKEN")
  if token then headers["Authorization"] = "Bearer " .. token end
  if body then headers["Content-Type"] = "application/json" end
  local text = wrk.format(method, path, headers, body)
  local parts, from = {}, 1
  while true do
    local first, last = text:find(run.NUMBER, from, true)
    if not first then break end
    parts[#parts + 1] = text:sub(from, first - 1)
    parts[#parts + 1] = ""
    from = last + 1
  end
  parts[#parts + 1] = text:sub(from)
  return function(number)
    local digits = string.format("%012d", number)
    for place = 2, #parts, 2 do parts[place] = digits end
    return table.concat(parts)
  end
end

-- Sends what `prepare` makes: it is called once and gives a function from a number to a request.
function run.sends(prepare)
  local make, began, deadline
  local connections = tonumber(os.getenv("BENCH_CONNECTIONS"))
  local limit = tonumber(os.getenv("BENCH_LIMIT")) or math.huge
  local first = tonumber(os.getenv("BENCH_FIRST")) or 0
  local sent, quiet = 0, 0

  function init() make = prepare() end

  -- wrk asks for one request before it begins, to see whether it is one, and does not send it.
  function request()
    if not make then error("no init") end
    request = send
    return make(first)
  end

  -- An empty request leaves its connection quiet. When all of them are, everything that was sent
  -- is answered: no request is cut off, so that what is counted here can be held against the rows.
  function send()
    local moment = now()
    if not began then
      began = moment
      deadline = moment + tonumber(os.getenv("BENCH_SECONDS"))
    end
    if moment < deadline and sent < limit then
      sent = sent + 1
      return make(first + sent)
    end
    quiet = quiet + 1
    if quiet == connections then
      requests_sent, seconds_taken = sent, moment - began
      -- wrk sleeps through its whole duration, unless it is told to stop.
      ffi.C.kill(ffi.C.getpid(), INTERRUPT)
    end
    return ""
  end
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

-- The latencies as they were measured, as a list of { micros, how many }, the shortest first. wrk
-- itself adds what it thinks should have been measured: for each latency of at least twice the
-- mean, latencies shorter by one mean, by two, and so on. pgbench does not, so it is undone here,
-- from the longest down.
local function measured(latency, mean)
  local counts, values = {}, {}
  for place = 1, #latency do
    local value, count = latency(place)
    values[place], counts[value] = value, count
  end
  for place = #values, 1, -1 do
    local value = values[place]
    local count = counts[value]
    if value >= 2 * mean and count > 0 then
      local shorter = value - mean
      while shorter > mean do
        counts[shorter] = counts[shorter] - count
        shorter = shorter - mean
      end
    end
  end
  local list, total = {}, 0
  for _, value in ipairs(values) do
    if counts[value] > 0 then
      list[#list + 1] = { value, counts[value] }
      total = total + counts[value]
    end
  end
  return list, total
end

local function percentile(list, total, part)
  local seen = 0
  for _, entry in ipairs(list) do
    seen = seen + entry[2]
    if seen >= part * total then return entry[1] end
  end
  return 0
end

function done(summary, latency)
  local connections = tonumber(os.getenv("BENCH_CONNECTIONS"))
  local mean = math.floor(summary.duration / math.max(1, math.floor(summary.requests / connections)))
  local list, total = measured(latency, mean)
  local errors = summary.errors
  print(string.format(
    '{"sent":%d,"answered":%d,"measured":%d,"refused":%d,"broken":%d,"seconds":%.6f,'
      .. '"p50":%d,"p99":%d}',
    threads[1]:get("requests_sent") or -1, summary.requests, total, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    threads[1]:get("seconds_taken") or 0,
    percentile(list, total, 0.5), percentile(list, total, 0.99)))
end

return run

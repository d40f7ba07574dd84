-- Shared by the scripts of this folder: one thread of wrk sends requests until the time or the number
-- is reached, waits for all responses, and prints the result as JSON.
--
-- From the environment:
--   BENCH_CONNECTIONS  the number of connections, which wrk does not pass to scripts
--   BENCH_TOKEN        the bearer token, if any
--   BENCH_SECONDS      how long to send requests
--   BENCH_LIMIT        the maximum number of requests
--   BENCH_FIRST        the number before that of the first request; numbers make names unique

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds, micros; } esimpool_time;
  int gettimeofday(esimpool_time *, void *);
  int getpid(void);
  int kill(int, int);
]]

local INTERRUPT = 2
local run = { pools = "/beta/deviceManagement/embeddedSIMActivationCodePools" }

-- The placeholder for the number of a request, which has the same length.
run.NUMBER = "############"

local time = ffi.new("esimpool_time")
local function now()
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.seconds) + tonumber(time.micros) / 1e6
end

-- A function that returns the request with each NUMBER replaced by its argument.
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
    for index = 2, #parts, 2 do parts[index] = digits end
    return table.concat(parts)
  end
end

-- Sends requests. `prepare` is called once and returns a function from a number to a request.
function run.sends(prepare)
  local make, start, deadline
  local connections = tonumber(os.getenv("BENCH_CONNECTIONS"))
  local limit = tonumber(os.getenv("BENCH_LIMIT")) or math.huge
  local first = tonumber(os.getenv("BENCH_FIRST")) or 0
  local sent, idle = 0, 0

  function init() make = prepare() end

  -- Before the start, wrk calls this once to check the request, and does not send it.
  function request()
    if not make then error("no init") end
    request = send
    return make(first)
  end

  -- An empty request makes its connection idle. Once all connections are idle, every request has its
  -- response, so that the count can be compared with the stored rows.
  function send()
    local time_now = now()
    if not start then
      start = time_now
      deadline = time_now + tonumber(os.getenv("BENCH_SECONDS"))
    end
    if time_now < deadline and sent < limit then
      sent = sent + 1
      return make(first + sent)
    end
    idle = idle + 1
    if idle == connections then
      requests_sent, seconds_taken = sent, time_now - start
      -- wrk would wait for its whole duration. It does not hear the first signal if it has not begun
      -- to wait, which can be after all responses to a handful of requests.
      local process = ffi.C.getpid()
      os.execute(string.format("{ sleep 0.5; kill -INT %d; } > /dev/null 2>&1 &", process))
      ffi.C.kill(process, INTERRUPT)
    end
    return ""
  end
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

-- The measured latencies as a sorted list of { micros, count }. wrk corrects for coordinated omission:
-- for each latency of at least twice the mean, it adds latencies shorter by one mean, by two, and so
-- on. pgbench does not, so this is undone here, from the longest latency down.
local function measured(latency, mean)
  local counts, values = {}, {}
  for index = 1, #latency do
    local value, count = latency(index)
    values[index], counts[value] = value, count
  end
  for index = #values, 1, -1 do
    local value = values[index]
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

local function percentile(list, total, fraction)
  local seen = 0
  for _, entry in ipairs(list) do
    seen = seen + entry[2]
    if seen >= fraction * total then return entry[1] end
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

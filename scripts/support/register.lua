-- For wrk: registrations, each with an id and a key of its own.
local threads = {}
function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local count = 0
local run = os.time()
function init()
    math.randomseed(run * 100 + number)
end

function request()
    count = count + 1
    local key = {}
    for place = 1, 42 do
        local letter = math.random(64)
        key[place] = letters:sub(letter, letter)
    end
    local body = string.format(
        '{"id":"load%d-%d-%d@example","public_key":"%sA=","timestamp":%d}', run, number, count, table.concat(key), run)
    return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end

-- Global, so that `done` can ask each thread for it.
refused = 0
function response(status)
    if status ~= 201 then refused = refused + 1 end
end

function done(summary, latency, requests)
    local others = 0
    for _, thread in ipairs(threads) do others = others + thread:get("refused") end
    local seconds, good, errors = summary.duration / 1e6, summary.requests - others, summary.errors
    io.write(string.format(
        "  %d registrations in %.2f s: %.0f a second; p50 %.1f ms, p99 %.1f ms; %d other answers, %d socket errors\n",
        good, seconds, good / seconds, latency:percentile(50) / 1000, latency:percentile(99) / 1000, others,
        errors.connect + errors.read + errors.write + errors.timeout))
end

-- SPDX-License-Identifier: Apache-2.0
-- wrk replays requests from a table made by load.py.
local requests
local formatted = {}
local at = 0

function init(args)
    requests = dofile(args[1])
    for n, r in ipairs(requests) do
        formatted[n] = wrk.format("POST", "/", r.headers, r.body)
    end
end

function request()
    at = at % #formatted + 1
    return formatted[at]
end

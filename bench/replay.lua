-- SPDX-License-Identifier: Apache-2.0
-- wrk replays requests from a file made by load.py.
local requests = {}
local at = 0

function init(args)
    local file = assert(io.open(args[1], "rb"))
    for length in file:lines() do
        requests[#requests + 1] = file:read(tonumber(length))
    end
    file:close()
end

function request()
    at = at % #requests + 1
    return requests[at]
end

-- The gateway's work for each request, for nginx with the Lua module: key, plan, weighted pick, model replaced, answer
-- streamed and its usage read, one line of log. What costs is done at the start or by nginx in C: users and plans are
-- Lua tables that the worker inherits, SHA-256 is OpenSSL's through the FFI, regular expressions are compiled once, and
-- the line is nginx's own buffered log, of variables that are set here.
local ffi = require "ffi"
local ngx = ngx
local re_find, re_match = ngx.re.find, ngx.re.match
local find, lower, sub = string.find, string.lower, string.sub
local random = math.random

-- https://docs.openssl.org/3.0/man3/SHA256_Init/: nginx has libcrypto loaded.
ffi.cdef "unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);"
local sha256 = ffi.C.SHA256
local DIGEST_BYTES = 32
local digest = ffi.new("unsigned char[?]", DIGEST_BYTES)

-- The value of `model`. There is no JSON parser in Debian's nginx: this costs less than one, and finds the first member
-- of that name at any depth. A quotation mark within a string is escaped and does not match.
local MODEL = [["model"\s*:\s*"([^"\\]*)"]]
local INPUT = [["(?:prompt|input)_tokens"\s*:\s*(\d+)]]
local OUTPUT = [["(?:completion|output)_tokens"\s*:\s*(\d+)]]

local users = {} -- by digest, 32 bytes
local plans = {} -- by id: by the model that clients name: items, and the sum of their weights

local M = {}

local function unhex(text)
  return (text:gsub("..", function(byte) return string.char(tonumber(byte, 16)) end))
end

-- Lines of fields with tabs between them: `user`, digest in hex, id, plan, 1 if active, end of validity in s; or `item`,
-- id, plan, weight, upstream, the model that clients name, the model that the upstream is asked for.
function M.init(path)
  for line in io.lines(path) do
    local kind, a, b, c, d, e, f = line:match "^(%S+)\t(%S+)\t(%S+)\t(%S+)\t(%S+)\t(%S+)\t?(%S*)$"
    if kind == "user" then
      users[unhex(a)] = { id = b, plan = c, active = d == "1", expires = tonumber(e) }
    else
      plans[b] = plans[b] or {}
      local items = plans[b][e] or { total = 0 }
      plans[b][e] = items
      items.total = items.total + tonumber(c)
      items[#items + 1] = { id = a, bound = items.total, upstream = d, model = f }
    end
  end
end

function M.init_worker()
  math.randomseed(ngx.now() * 1000 + ngx.worker.pid())
end

local function reject(status, kind, message)
  ngx.status = status
  ngx.header["content-type"] = "application/json"
  ngx.print('{"error":{"message":"', message, '","type":"', kind, '","param":null,"code":null}}')
  return ngx.exit(status)
end

-- A UUID of version 4, of nginx's 16 random bytes.
local function uuid(hex)
  return sub(hex, 1, 8) .. "-" .. sub(hex, 9, 12) .. "-4" .. sub(hex, 14, 16)
    .. "-a" .. sub(hex, 18, 20) .. "-" .. sub(hex, 21)
end

local function pick(items)
  if #items == 1 then return items[1] end
  local at = random() * items.total
  local i = 1
  while at >= items[i].bound do i = i + 1 end
  return items[i]
end

function M.access()
  local var = ngx.var
  var.exchange_id = uuid(var.request_id)
  local authorization = var.http_authorization
  if not authorization or lower(sub(authorization, 1, 7)) ~= "bearer " then
    return reject(401, "authentication_error", "No API token.")
  end
  local token = sub(authorization, 8)
  sha256(token, #token, digest)
  local user = users[ffi.string(digest, DIGEST_BYTES)]
  if not user or not user.active or user.expires <= ngx.now() then
    return reject(401, "authentication_error", "Invalid API token.")
  end
  local plan = plans[user.plan]
  if not plan then return reject(403, "permission_error", "No plan.") end

  ngx.req.read_body()
  local body = ngx.req.get_body_data()
  local from, to
  if body then from, to = re_find(body, MODEL, "jo", nil, 1) end
  if not from then return reject(400, "invalid_request_error", "No model.") end
  local items = plan[sub(body, from, to)]
  if not items then return reject(404, "invalid_request_error", "The plan does not hold this model.") end
  local item = pick(items)
  ngx.req.set_body_data(sub(body, 1, from - 1) .. item.model .. sub(body, to + 1))
  var.upstream = item.upstream
  var.user_id = user.id
  var.plan_id = user.plan
  var.item_id = item.id
end

-- Usage stands at the end of an answer, so the last pieces are kept and looked at once. Three of them: a stream's usage,
-- its end mark, and what either was split from.
function M.body()
  local arg = ngx.arg
  local ctx = ngx.ctx
  local piece = arg[1]
  if piece ~= "" then
    ctx.before, ctx.previous, ctx.last = ctx.previous, ctx.last, piece
  end
  if not arg[2] or not ctx.last then return end
  local text = (ctx.before or "") .. (ctx.previous or "") .. ctx.last
  local usage
  local at = find(text, '"usage"', 1, true)
  while at do
    usage = at
    at = find(text, '"usage"', at + 7, true)
  end
  if not usage then return end
  text = sub(text, usage)
  local input, output = re_match(text, INPUT, "jo"), re_match(text, OUTPUT, "jo")
  if input then ngx.var.input_tokens = input[1] end
  if output then ngx.var.output_tokens = output[1] end
end

return M

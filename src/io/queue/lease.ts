import { type LeaseOwner, leaseKey, readOwner } from '../../core/queue/protocol.ts';
import type { Queue } from '../redis/connection.ts';
import { redisScript } from '../redis/script.ts';

/**
 * The lease of an account: one sender at a time for a key, whatever the number of hosts. All times are those of Redis,
 * in ms. The hash has: token (of the holder; '' if it was returned), until, fence (counts owners), quiet_at (when the
 * last owner can have had a request on its way; silent_from: the same before this owner), pause_until (a Retry-After of
 * the last owner), owner, server (the run of the server that wrote it).
 */
const COMMON = `
local function time()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function field(name) return tonumber(redis.call('HGET', KEYS[1], name) or '') or 0 end
local function server()
  local info = redis.call('INFO', 'server')
  return string.match(info, 'run_id:(%x+)') or '', tonumber(string.match(info, 'uptime_in_seconds:(%d+)') or '0')
end
local DAY = 86400000
`;

/*
 * A server that began again, or took over from another, may have forgotten an owner. That owner renewed its lease
 * before the server began, so its lease ends one lease after that; when a server took over from another is not known.
 * If it knows nothing of the account, an owner would have noticed soon after the server began that its run is gone.
 */
const TAKE = redisScript<[number, number, number, number, string, number]>(`${COMMON}
local now = time()
local token, ttl = ARGV[1], tonumber(ARGV[2])
local held = redis.call('HGET', KEYS[1], 'token') or ''
local untilAt = field('until')
if held == token and untilAt > now then
  redis.call('HSET', KEYS[1], 'until', now + ttl)
  return {1, field('fence'), now - field('silent_from'), math.max(0, field('pause_until') - now), '', now + ttl}
end
if held ~= '' and untilAt > now then
  return {0, 0, untilAt - now, 0, redis.call('HGET', KEYS[1], 'owner') or '', untilAt}
end
local quiet = field('quiet_at')
if held ~= '' then quiet = math.max(quiet, untilAt) end
local id, uptime = server()
local wrote = redis.call('HGET', KEYS[1], 'server')
if not wrote then
  quiet = now - uptime * 1000 + 500
elseif wrote ~= id then
  local longest = math.max(ttl, field('ttl'))
  if ARGV[4] ~= 'always' then quiet = math.max(quiet, now - uptime * 1000 + longest) end
  local replication = redis.call('INFO', 'replication')
  if not string.find(replication, 'master_replid2:0000000000') then quiet = math.max(quiet, now + longest) end
end
local fence = field('fence') + 1
redis.call('HSET', KEYS[1], 'token', token, 'until', now + ttl, 'ttl', ttl, 'fence', fence, 'owner', ARGV[3],
  'quiet_at', quiet, 'silent_from', quiet, 'server', id)
redis.call('PEXPIRE', KEYS[1], DAY)
return {1, fence, now - quiet, math.max(0, field('pause_until') - now), '', now + ttl}
`);

const RENEW = redisScript<number>(`${COMMON}
if (redis.call('HGET', KEYS[1], 'token') or '') ~= ARGV[1] then return 0 end
local now = time()
redis.call('HSET', KEYS[1], 'until', now + ARGV[2], 'pause_until', now + ARGV[3])
redis.call('PEXPIRE', KEYS[1], DAY)
return 1
`);

const RELEASE = redisScript<number>(`${COMMON}
if (redis.call('HGET', KEYS[1], 'token') or '') ~= ARGV[1] then return 0 end
local now = time()
local id = server()
redis.call('HSET', KEYS[1], 'token', '', 'until', 0, 'owner', '', 'server', id,
  'quiet_at', math.max(field('quiet_at'), now), 'pause_until', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], DAY)
return 1
`);

const READ = redisScript<[string, number, number]>(`${COMMON}
local now = time()
if (redis.call('HGET', KEYS[1], 'token') or '') == '' or field('until') <= now then return {'', 0, field('fence')} end
return {redis.call('HGET', KEYS[1], 'owner') or '', field('until') - now, field('fence')}
`);

/**
 * `silentMs`: since when the owner before can have had no request on its way; negative if it may have one until later,
 * very long ago if there was none. `pausedMs`: for how long the server asked the owner before to send nothing.
 */
export type TakenLease =
  | { taken: true; fence: number; silentMs: number; pausedMs: number }
  | { taken: false; owner: LeaseOwner | null; leftMs: number; until: number };

export type LeaseRequest = { token: string; owner: LeaseOwner; ttlMs: number };

/** Takes a lease that is free or has expired. Safe to send twice with the same token. */
export async function takeLease(
  { redis, durability }: Queue,
  account: string,
  { token, owner, ttlMs }: LeaseRequest,
): Promise<TakenLease> {
  const args = [token, ttlMs, JSON.stringify(owner), durability()];
  const [taken, fence, ms, pausedMs, heldBy, until] = await TAKE(redis, [leaseKey(account)], args);
  if (taken === 0) return { taken: false, owner: readOwner(heldBy), leftMs: ms, until };
  return { taken: true, fence, silentMs: ms, pausedMs };
}

/** Returns whether it is still held. An expired lease that no other has taken goes on. */
export async function renewLease(
  { redis }: Queue,
  account: string,
  { token, ttlMs, pausedMs }: { token: string; ttlMs: number; pausedMs: number },
): Promise<boolean> {
  return (await RENEW(redis, [leaseKey(account)], [token, ttlMs, Math.ceil(pausedMs)])) === 1;
}

/** Gives a lease back: no request of this owner is on its way, or will be. Returns whether it was held. */
export async function releaseLease(
  { redis }: Queue,
  account: string,
  token: string,
  { pausedMs = 0 }: { pausedMs?: number } = {},
): Promise<boolean> {
  return (await RELEASE(redis, [leaseKey(account)], [token, Math.ceil(pausedMs)])) === 1;
}

/** Who holds a lease; null if it is free or has expired. */
export async function readLease(
  { redis }: Queue,
  account: string,
): Promise<{ owner: LeaseOwner | null; leftMs: number; fence: number } | null> {
  const [owner, leftMs, fence] = await READ(redis, [leaseKey(account)], []);
  return leftMs === 0 ? null : { owner: readOwner(owner), leftMs, fence };
}

/** Whether the owner of a lease is a worker that has this run. */
export const hasRun = (owner: LeaseOwner | null, runId: string): boolean =>
  owner?.worker !== undefined && owner.run === runId;

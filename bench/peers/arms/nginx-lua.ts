import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/core/paths.ts';
import type { ArmKind, ArmUpstream, PeerArm } from '../arm.ts';
import { nginxCommand, nginxConfig, nginxVersion } from '../nginx.ts';
import { ANY_CLIENT, startPeer } from '../start.ts';

const PACKAGE = 'libnginx-mod-http-lua';
/** Where Debian puts them; the second needs the first. */
const MODULES = ['ndk_http_module.so', 'ngx_http_lua_module.so'].map(
  (file) => `/usr/lib/nginx/modules/${file}`,
);
const LUA_FOLDER = join(packageRoot, 'bench/peers/lua');
const USERS = 1_000;
/** All of them at the one address, as an operator's two upstreams. */
const UPSTREAMS = ['first', 'second'];
const PLANS = 12;
const NEVER_S = 32_503_680_000;
/** Written to disk when it is full or this old. */
const LOG_BUFFER = 'buffer=64k flush=1s';

export interface LuaArm extends PeerArm {
  /** A line for each request: id, time, user, plan, item, input and output tokens, status, duration. */
  readonly usageLog: string;
}

/** The goal's measure with everything on: what the gateway does, done by nginx and Lua. */
export const nginxLua = {
  name: 'nginxLua',
  async start(upstream: ArmUpstream): Promise<LuaArm> {
    const version = `${nginxVersion()}, lua ${luaVersion()}`;
    let usageLog = '';
    const arm = await startPeer({
      name: 'nginxLua',
      version,
      prepare(folder, port) {
        usageLog = join(folder, 'usage.log');
        return {
          command: nginxCommand(folder),
          files: {
            'nginx.conf': config(folder, port, upstream, usageLog),
            'directory.tsv': directory(),
          },
        };
      },
    });
    return { ...arm, usageLog };
  },
} satisfies ArmKind;

function luaVersion(): string {
  if (!MODULES.every((file) => existsSync(file))) {
    throw new Error(`nginx's Lua module is missing: apt-get install ${PACKAGE}`);
  }
  const { stdout } = spawnSync('dpkg-query', ['-W', PACKAGE], { encoding: 'utf8' });
  return /(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1] ?? '?';
}

/** Directives of https://github.com/openresty/lua-nginx-module; the work itself is in `lua/gateway.lua`. */
function config(folder: string, port: number, upstream: ArmUpstream, usageLog: string): string {
  const scheme = new URL(upstream.url).protocol;
  return nginxConfig({
    folder,
    port,
    upstream,
    top: MODULES.map((file) => `load_module ${file};`).join('\n'),
    http: `lua_package_path "${LUA_FOLDER}/?.lua;;";
  init_by_lua_block { require("gateway").init("${folder}/directory.tsv") }
  init_worker_by_lua_block { require("gateway").init_worker() }
  client_body_in_single_buffer on;
  # The client's key is for the gateway alone.
  proxy_set_header Authorization "";
  log_format usage "$exchange_id $msec $user_id $plan_id $item_id $input_tokens $output_tokens $status $request_time";`,
    upstreams: UPSTREAMS,
    location: `set $exchange_id "";
      set $upstream "";
      set $user_id "-";
      set $plan_id "-";
      set $item_id "-";
      set $input_tokens "-";
      set $output_tokens "-";
      access_by_lua_block { require("gateway").access() }
      body_filter_by_lua_block { require("gateway").body() }
      add_header X-Request-Id $exchange_id always;
      access_log ${usageLog} usage ${LOG_BUFFER};
      proxy_pass ${scheme}//$upstream;`,
  });
}

/** Users over some plans, each with the one model on both upstreams, which have their own names for it; the last user is the one who asks. */
function directory(): string {
  const lines: string[] = [];
  for (let plan = 1; plan <= PLANS; plan++) {
    UPSTREAMS.forEach((name, i) => {
      const model = `${ANY_CLIENT.model}-${name}`;
      lines.push(['item', plan * 10 + i, plan, i === 0 ? 70 : 30, name, ANY_CLIENT.model, model].join('\t'));
    });
  }
  for (let user = 1; user <= USERS; user++) {
    const token = user === USERS ? ANY_CLIENT.headers.authorization!.slice('Bearer '.length) : `apk_${user}`;
    const digest = createHash('sha256').update(token).digest('hex');
    lines.push(['user', digest, user, 1 + (user % PLANS), 1, NEVER_S].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

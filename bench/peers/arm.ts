/** What stands between the load and the upstream in one arm of the comparison. */
export interface PeerArm {
  /** As the tables name it. */
  readonly name: string;
  /** Product and version: `nginx 1.22.1`. */
  readonly version: string;
  /** Without a path. */
  readonly url: string;
  /** Sent with every request, beside content-type and content-length. */
  readonly headers: Readonly<Record<string, string>>;
  /** The `model` that requests name. */
  readonly model: string;
  /** Its processes at this moment, without a database. */
  pids(): readonly number[];
  /** Those of its database; its CPU is told apart. */
  databasePids?(): readonly number[];
  stop(): Promise<void>;
}

/** Where arms forward to. */
export interface ArmUpstream {
  /** Without a path; `https:` for the scenario with TLS. */
  readonly url: string;
  /** The certificate to trust, PEM, for `https:`. */
  readonly caFile?: string;
}

/**
 * One that can be started. It listens on a free loopback port, runs pinned to the measured core with one worker, keeps
 * connections on both sides alive, and buffers no responses. @throws with what to install if it cannot run here
 */
export interface ArmKind {
  readonly name: string;
  start(upstream: ArmUpstream): Promise<PeerArm>;
}

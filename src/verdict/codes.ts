/** How well the deployment is: red where work is refused, lost or stands still, amber where somebody should look. */
export type Level = 'green' | 'amber' | 'red';

interface CodeFacts {
  level: Exclude<Level, 'green'>;
  /** What an operator does about it, in a line. */
  fix: string;
}

/** All that can be wrong, the worst first; docs/runbook.md has the cause and the fix of each. */
export const VERDICT_CODES = {
  web_gone: {
    level: 'red',
    fix: 'bin/heavylift status says what runs; the end of web-0.log says why it ended. It is tried again every five seconds.',
  },
  redis_gone: {
    level: 'red',
    fix: 'Look at the end of redis-0.log, and whether its disk is full. With REDIS_URL: is that Redis up, and the way to it open?',
  },
  redis_frozen: {
    level: 'red',
    fix: 'Look whether the Redis process is stopped or its disk hangs: a restart of it loses nothing that was accepted.',
  },
  redis_replica: { level: 'red', fix: 'Give REDIS_URL the address of the master, or make this one the master again.' },
  redis_log: {
    level: 'red',
    fix: 'Make room on the disk of Redis, and mend what its log says of it; it takes writes again by itself.',
  },
  redis_full: {
    level: 'red',
    fix: 'Raise REDIS_MAXMEMORY (maxmemory), add workers, or erase jobs that wait and nobody needs.',
  },
  redis_memory: {
    level: 'red',
    fix: 'Raise REDIS_MAXMEMORY (maxmemory), add workers, or erase jobs that wait and nobody needs.',
  },
  redis_refuses: { level: 'red', fix: 'Mend what Redis says: user, password, rights, the address in REDIS_URL.' },
  redis_unsafe: { level: 'red', fix: 'Set it as the sentence says, in redis.conf and by CONFIG SET.' },
  redis_foreign: {
    level: 'red',
    fix: 'Give REDIS_URL the Redis of this deployment, or DATA_DIR the folder of that one.',
  },
  disk_read_only: { level: 'red', fix: 'See dmesg for faults of the disk, mend it, and mount it for writing.' },
  disk_full: { level: 'red', fix: 'Make room (df -h, du), or use a larger disk. Everything goes on by itself.' },
  disk_reserve: {
    level: 'red',
    fix: 'Make room (df -h, du), shorten RESULT_TTL, or use a larger disk; DISK_RESERVE is what stays free.',
  },
  storage_unavailable: {
    level: 'red',
    fix: 'Look whether the folder of storage is mounted and may be written to; with a bucket, whether its server is up and the keys are right.',
  },
  storage_full: {
    level: 'red',
    fix: 'Raise the quota of the bucket or its account, shorten RESULT_TTL, or erase jobs.',
  },
  worker_gone: {
    level: 'red',
    fix: 'bin/heavylift status says what runs; the end of its log says why it ended; bin/heavylift start starts what was stopped.',
  },
  worker_frozen: {
    level: 'red',
    fix: 'The watch ends a frozen process and starts it again; its log and that of the machine say what held it.',
  },
  library_not_loading: {
    level: 'red',
    fix: 'Run bin/setup (or npm ci) in the checkout, and restart; the log of the worker has the fault.',
  },
  crash_loop: {
    level: 'red',
    fix: 'Look at the end of its log; out of memory: fewer workers, or more memory. It is tried again every five seconds.',
  },
  poison_job: { level: 'red', fix: 'Cancel or erase the job, and keep its input for whoever mends the fault.' },
  queue_oldest: {
    level: 'red',
    fix: 'More workers of the kind, or find what holds them: a job that hangs, a paused queue, a service that is slow.',
  },
  error_share: { level: 'red', fix: 'Look at one of the failed jobs; when it is mended, run all of them again.' },
  relay_gone: {
    level: 'red',
    fix: 'Is the relay of SMTP_URL up, and its port open from here? Mails go by themselves when it is back.',
  },
  relay_login: {
    level: 'red',
    fix: 'Set user and password in SMTP_URL (or the relays file) as the relay has them, and restart.',
  },
  relay_put_off: {
    level: 'red',
    fix: 'The answer says why: limits of the relay, its load. Mails are tried again by themselves.',
  },
  sender_refused: {
    level: 'red',
    fix: 'Have the relay take that sender, or correct EMAILS_FROM.',
  },
  schedules_late: {
    level: 'red',
    fix: 'The logs of the web processes, which run them, say what stops them; bin/heavylift restart web. What was missed is made up for.',
  },
  webhooks_all: {
    level: 'red',
    fix: 'Look at this machine’s way out: DNS, proxy, firewall. They are sent again by themselves.',
  },
  clock_off: { level: 'red', fix: 'Set the clock of that machine (timedatectl, chrony, ntpd).' },
  foreign_host: {
    level: 'red',
    fix: 'Give that host the DATA_DIR, REDIS_URL and DEPLOYMENT_SECRET of this deployment.',
  },
  older_host: {
    level: 'red',
    fix: 'Deploy on that host the version that the others run; the data are not for an older one any more.',
  },
  job_later: {
    level: 'amber',
    fix: 'It runs as soon as a worker of the newer version has it: deploy that version on the host too, or end its workers there.',
  },
  versions_differ: {
    level: 'amber',
    fix: 'Deploy the same version on every host; /admin has what runs where.',
  },
  alert_failed: {
    level: 'amber',
    fix: 'Look at ALERTS_URL or ALERTS_EMAIL, and at what answers there; bin/heavylift alerts test tries it again.',
  },
  queue_backlog: {
    level: 'amber',
    fix: 'It has posted more than its share is done of: nothing, unless it is in a hurry; then more workers of the kind.',
  },
  input_errors: {
    level: 'amber',
    fix: 'Tell whoever posts them: each job says what was wrong with it. Nothing of this deployment need be mended.',
  },
  sender_foreign: {
    level: 'amber',
    fix: 'Tell whoever posts these mails, or have the relay take that sender: a key can be held to its senders.',
  },
  webhooks_host: { level: 'amber', fix: 'Tell whoever runs it; it is tried again by itself, and gets what waits.' },
  queue_paused: { level: 'amber', fix: 'Resume it here, when the reason has gone.' },
  process_died: { level: 'amber', fix: 'Nothing, unless it comes again: its log, and dmesg, say why it ended.' },
  receiver_down: {
    level: 'amber',
    fix: 'Free the port that it wants, or correct the address that it listens on; bounces wait where they are.',
  },
  relay_slowed: { level: 'amber', fix: 'Set EMAILS_RATE to what the relay takes.' },
  redis_slow: { level: 'amber', fix: 'Look at the disk of Redis: every accepted job waits for it to sync.' },
  redis_sync_late: { level: 'amber', fix: 'Set appendfsync always, unless a second of accepted jobs may be lost.' },
  source_silent: {
    level: 'amber',
    fix: 'Look at the load of Redis and of this machine; what is not known is not judged.',
  },
  data_lost: {
    level: 'amber',
    fix: 'See whether the right Redis and the right folder are in use, and put the right one back.',
  },
  secret_remade: { level: 'amber', fix: 'Put the old secret or api-key back, if there is a copy.' },
} as const satisfies Record<string, CodeFacts>;

/** The name of something that can be wrong. */
export type VerdictCode = keyof typeof VERDICT_CODES;

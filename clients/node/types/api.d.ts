// Made from the description of the API by `npm run client-types`.

export interface Upload {
  id: string;
  name: string;
  /** Whether all its bytes are there; jobs may name it then. */
  state: 'receiving' | 'complete';
  /** The media type; until it is complete what its sender says, null where that is nothing. */
  type: string | null;
  bytes: number;
  /** How many of its bytes are there. */
  received: number;
  /** Null until it is complete. */
  sha256: string | null;
  /** Whose data it is: erasing that subject erases it. */
  subject: string | null;
  createdAt: string;
  /** Until when it is kept, where there is room for it; while jobs hold it, until when at the latest. */
  retainedUntil: string;
  /** The jobs that name it and have not ended, the first 20 of them, and the brands that have it (`brand:acme`): it is kept for them. */
  heldBy: string[];
  links: {
    self: string;
    /** Where the file itself is served. */
    file: string;
  };
}

export type Job = ImagesJob | ReportsJob | EmailsJob | WebhooksJob | CallsJob | FlowsJob;

export interface ImagesJob {
  id: string;
  kind: 'images';
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled';
  progress: {
    percent: number;
    done?: number;
    total?: number;
    unit?: string;
    /** Of a flow: how many of the rows that are done have failed. */
    failed?: number;
  };
  attempts: {
    /** Runs begun, the current one included; interruptions do not count. */
    made: number;
    max: number;
  };
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  /** Seconds until it is probably done; null if not known. */
  etaSeconds: number | null;
  priority: 'high' | 'normal' | 'low';
  /** The name of the key that posted it, where an operator asks; else null. */
  caller: string | null;
  /** Names the request that posted it. */
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  /** What it is about, in at most 300 bytes: the name of its file, its recipients. */
  facts: Record<string, string | number | string[]> | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  /** Not before this moment; as it was asked for. */
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself. */
  webhook: {
    /** The webhook's own job; null before the end, and once it is gone. */
    id: string | null;
    url: string;
    event: string | null;
    /** The job it tells of; null for a test. */
    job: string | null;
    /** The endpoint it is for; null for a `callbackUrl`. */
    endpoint: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    attempts: {
      made: number;
      max: number;
    } | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or has ended without being taken. */
    lastError: {
      code: string;
      detail: string;
      at: string;
    } | null;
    /** The attempts made, oldest first; the last 50 are kept. */
    sends: ({
      at: string;
      attempt: number;
      /** The receiver's answer; null when there was none. */
      status: number | null;
      /** Why there was no answer. */
      error: string | null;
      ms: number;
    })[];
  } | null;
  /** What has become of sending its files to where `deliverTo` says; null without it. */
  delivered: ({
    /** The name that `deliverTo` has; null for the one file. */
    file: string | null;
    /** The job that sends it; null before the end, and once it is gone. */
    id: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    /** The last answer; null when there was none. */
    status: number | null;
    attempts: number;
    /** When the last attempt was made. */
    at: string | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or never will be. */
    error: string | null;
  })[] | null;
  /** When it runs next; null unless delayed. */
  nextAttemptAt: string | null;
  /** Useless after this moment: the caller's, or the kind's own limit. */
  expiresAt: string | null;
  /** Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. While jobs hold it that name it, until when at the latest. */
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is erased before; else null. */
  signedUntil: string | null;
  /** The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it is kept for them. */
  heldBy: string[];
  /** Ids of jobs that must complete first. */
  waitingFor: string[] | null;
  /** What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts. */
  waitingOn: 'job' | 'rate' | 'relay' | 'slot' | 'quota' | 'pause' | null;
  /** Since when its queue is paused, while the job waits there. */
  pausedSince: string | null;
  /** What went wrong in its last attempt; null without one, and once it has ended. */
  lastError: {
    code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
    detail: string;
    at: string;
    /** Of a mail: what its mail server has said of each recipient so far, where it did. */
    recipients?: ({
      address: string;
      /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
      state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
      /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
      stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
      /** The SMTP command that was answered; null for none. */
      command: string | null;
      /** The SMTP answer code; null where there was no answer. */
      code: number | null;
      /** The enhanced code (RFC 3463) that the answer begins with. */
      status: string | null;
      /** The mail server's answer, or why there was none. */
      response: string | null;
      /** What a refusal is about. Only one about the recipient suppresses it. */
      class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
      /** When the answer came. */
      at: string | null;
      /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
      relay?: string;
    })[];
  } | null;
  /** The flow that asked for it, and for what. */
  flow: {
    id: string;
    step: string;
    /** The number of its row: its line in the file, its place in the list; 0 without rows. */
    row: number;
  } | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: {
    name: string;
    scheduledAt: string;
  } | null;
  /** Of a flow: its steps, and how many of their jobs stand where; else null. */
  steps: {
    name: string;
    kind: string;
    /** The steps whose files it needs. */
    after: string[];
    /** Of rows that were not begun. */
    waiting: number;
    /** Posted, and not ended. */
    active: number;
    /** Ended well. */
    completed: number;
    /** Ended otherwise. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Never to be, since another step of their row failed. */
    skipped: number;
  }[] | null;
  /** Null until completed. */
  result: ImagesResult | null;
  /** Why the job failed or was cancelled; else null. */
  error: Problem | null;
  /** To be resolved against the address that was asked; whole addresses in webhooks. */
  links: {
    self: string;
    events: string;
    result: string;
    cancel: string;
  };
}

export interface ReportsJob {
  id: string;
  kind: 'reports';
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled';
  progress: {
    percent: number;
    done?: number;
    total?: number;
    unit?: string;
    /** Of a flow: how many of the rows that are done have failed. */
    failed?: number;
  };
  attempts: {
    /** Runs begun, the current one included; interruptions do not count. */
    made: number;
    max: number;
  };
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  /** Seconds until it is probably done; null if not known. */
  etaSeconds: number | null;
  priority: 'high' | 'normal' | 'low';
  /** The name of the key that posted it, where an operator asks; else null. */
  caller: string | null;
  /** Names the request that posted it. */
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  /** What it is about, in at most 300 bytes: the name of its file, its recipients. */
  facts: Record<string, string | number | string[]> | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  /** Not before this moment; as it was asked for. */
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself. */
  webhook: {
    /** The webhook's own job; null before the end, and once it is gone. */
    id: string | null;
    url: string;
    event: string | null;
    /** The job it tells of; null for a test. */
    job: string | null;
    /** The endpoint it is for; null for a `callbackUrl`. */
    endpoint: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    attempts: {
      made: number;
      max: number;
    } | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or has ended without being taken. */
    lastError: {
      code: string;
      detail: string;
      at: string;
    } | null;
    /** The attempts made, oldest first; the last 50 are kept. */
    sends: ({
      at: string;
      attempt: number;
      /** The receiver's answer; null when there was none. */
      status: number | null;
      /** Why there was no answer. */
      error: string | null;
      ms: number;
    })[];
  } | null;
  /** What has become of sending its files to where `deliverTo` says; null without it. */
  delivered: ({
    /** The name that `deliverTo` has; null for the one file. */
    file: string | null;
    /** The job that sends it; null before the end, and once it is gone. */
    id: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    /** The last answer; null when there was none. */
    status: number | null;
    attempts: number;
    /** When the last attempt was made. */
    at: string | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or never will be. */
    error: string | null;
  })[] | null;
  /** When it runs next; null unless delayed. */
  nextAttemptAt: string | null;
  /** Useless after this moment: the caller's, or the kind's own limit. */
  expiresAt: string | null;
  /** Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. While jobs hold it that name it, until when at the latest. */
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is erased before; else null. */
  signedUntil: string | null;
  /** The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it is kept for them. */
  heldBy: string[];
  /** Ids of jobs that must complete first. */
  waitingFor: string[] | null;
  /** What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts. */
  waitingOn: 'job' | 'rate' | 'relay' | 'slot' | 'quota' | 'pause' | null;
  /** Since when its queue is paused, while the job waits there. */
  pausedSince: string | null;
  /** What went wrong in its last attempt; null without one, and once it has ended. */
  lastError: {
    code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
    detail: string;
    at: string;
    /** Of a mail: what its mail server has said of each recipient so far, where it did. */
    recipients?: ({
      address: string;
      /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
      state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
      /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
      stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
      /** The SMTP command that was answered; null for none. */
      command: string | null;
      /** The SMTP answer code; null where there was no answer. */
      code: number | null;
      /** The enhanced code (RFC 3463) that the answer begins with. */
      status: string | null;
      /** The mail server's answer, or why there was none. */
      response: string | null;
      /** What a refusal is about. Only one about the recipient suppresses it. */
      class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
      /** When the answer came. */
      at: string | null;
      /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
      relay?: string;
    })[];
  } | null;
  /** The flow that asked for it, and for what. */
  flow: {
    id: string;
    step: string;
    /** The number of its row: its line in the file, its place in the list; 0 without rows. */
    row: number;
  } | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: {
    name: string;
    scheduledAt: string;
  } | null;
  /** Of a flow: its steps, and how many of their jobs stand where; else null. */
  steps: {
    name: string;
    kind: string;
    /** The steps whose files it needs. */
    after: string[];
    /** Of rows that were not begun. */
    waiting: number;
    /** Posted, and not ended. */
    active: number;
    /** Ended well. */
    completed: number;
    /** Ended otherwise. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Never to be, since another step of their row failed. */
    skipped: number;
  }[] | null;
  /** Null until completed. */
  result: ReportsResult | null;
  /** Why the job failed or was cancelled; else null. */
  error: Problem | null;
  /** To be resolved against the address that was asked; whole addresses in webhooks. */
  links: {
    self: string;
    events: string;
    result: string;
    cancel: string;
  };
}

export interface EmailsJob {
  id: string;
  kind: 'emails';
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled';
  progress: {
    percent: number;
    done?: number;
    total?: number;
    unit?: string;
    /** Of a flow: how many of the rows that are done have failed. */
    failed?: number;
  };
  attempts: {
    /** Runs begun, the current one included; interruptions do not count. */
    made: number;
    max: number;
  };
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  /** Seconds until it is probably done; null if not known. */
  etaSeconds: number | null;
  priority: 'high' | 'normal' | 'low';
  /** The name of the key that posted it, where an operator asks; else null. */
  caller: string | null;
  /** Names the request that posted it. */
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  /** What it is about, in at most 300 bytes: the name of its file, its recipients. */
  facts: Record<string, string | number | string[]> | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  /** Not before this moment; as it was asked for. */
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself. */
  webhook: {
    /** The webhook's own job; null before the end, and once it is gone. */
    id: string | null;
    url: string;
    event: string | null;
    /** The job it tells of; null for a test. */
    job: string | null;
    /** The endpoint it is for; null for a `callbackUrl`. */
    endpoint: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    attempts: {
      made: number;
      max: number;
    } | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or has ended without being taken. */
    lastError: {
      code: string;
      detail: string;
      at: string;
    } | null;
    /** The attempts made, oldest first; the last 50 are kept. */
    sends: ({
      at: string;
      attempt: number;
      /** The receiver's answer; null when there was none. */
      status: number | null;
      /** Why there was no answer. */
      error: string | null;
      ms: number;
    })[];
  } | null;
  /** What has become of sending its files to where `deliverTo` says; null without it. */
  delivered: ({
    /** The name that `deliverTo` has; null for the one file. */
    file: string | null;
    /** The job that sends it; null before the end, and once it is gone. */
    id: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    /** The last answer; null when there was none. */
    status: number | null;
    attempts: number;
    /** When the last attempt was made. */
    at: string | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or never will be. */
    error: string | null;
  })[] | null;
  /** When it runs next; null unless delayed. */
  nextAttemptAt: string | null;
  /** Useless after this moment: the caller's, or the kind's own limit. */
  expiresAt: string | null;
  /** Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. While jobs hold it that name it, until when at the latest. */
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is erased before; else null. */
  signedUntil: string | null;
  /** The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it is kept for them. */
  heldBy: string[];
  /** Ids of jobs that must complete first. */
  waitingFor: string[] | null;
  /** What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts. */
  waitingOn: 'job' | 'rate' | 'relay' | 'slot' | 'quota' | 'pause' | null;
  /** Since when its queue is paused, while the job waits there. */
  pausedSince: string | null;
  /** What went wrong in its last attempt; null without one, and once it has ended. */
  lastError: {
    code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
    detail: string;
    at: string;
    /** Of a mail: what its mail server has said of each recipient so far, where it did. */
    recipients?: ({
      address: string;
      /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
      state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
      /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
      stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
      /** The SMTP command that was answered; null for none. */
      command: string | null;
      /** The SMTP answer code; null where there was no answer. */
      code: number | null;
      /** The enhanced code (RFC 3463) that the answer begins with. */
      status: string | null;
      /** The mail server's answer, or why there was none. */
      response: string | null;
      /** What a refusal is about. Only one about the recipient suppresses it. */
      class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
      /** When the answer came. */
      at: string | null;
      /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
      relay?: string;
    })[];
  } | null;
  /** The flow that asked for it, and for what. */
  flow: {
    id: string;
    step: string;
    /** The number of its row: its line in the file, its place in the list; 0 without rows. */
    row: number;
  } | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: {
    name: string;
    scheduledAt: string;
  } | null;
  /** Of a flow: its steps, and how many of their jobs stand where; else null. */
  steps: {
    name: string;
    kind: string;
    /** The steps whose files it needs. */
    after: string[];
    /** Of rows that were not begun. */
    waiting: number;
    /** Posted, and not ended. */
    active: number;
    /** Ended well. */
    completed: number;
    /** Ended otherwise. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Never to be, since another step of their row failed. */
    skipped: number;
  }[] | null;
  /** Null until completed. */
  result: EmailsResult | null;
  /** Why the job failed or was cancelled; else null. */
  error: Problem | null;
  /** To be resolved against the address that was asked; whole addresses in webhooks. */
  links: {
    self: string;
    events: string;
    result: string;
    cancel: string;
  };
}

export interface WebhooksJob {
  id: string;
  kind: 'webhooks';
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled';
  progress: {
    percent: number;
    done?: number;
    total?: number;
    unit?: string;
    /** Of a flow: how many of the rows that are done have failed. */
    failed?: number;
  };
  attempts: {
    /** Runs begun, the current one included; interruptions do not count. */
    made: number;
    max: number;
  };
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  /** Seconds until it is probably done; null if not known. */
  etaSeconds: number | null;
  priority: 'high' | 'normal' | 'low';
  /** The name of the key that posted it, where an operator asks; else null. */
  caller: string | null;
  /** Names the request that posted it. */
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  /** What it is about, in at most 300 bytes: the name of its file, its recipients. */
  facts: Record<string, string | number | string[]> | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  /** Not before this moment; as it was asked for. */
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself. */
  webhook: {
    /** The webhook's own job; null before the end, and once it is gone. */
    id: string | null;
    url: string;
    event: string | null;
    /** The job it tells of; null for a test. */
    job: string | null;
    /** The endpoint it is for; null for a `callbackUrl`. */
    endpoint: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    attempts: {
      made: number;
      max: number;
    } | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or has ended without being taken. */
    lastError: {
      code: string;
      detail: string;
      at: string;
    } | null;
    /** The attempts made, oldest first; the last 50 are kept. */
    sends: ({
      at: string;
      attempt: number;
      /** The receiver's answer; null when there was none. */
      status: number | null;
      /** Why there was no answer. */
      error: string | null;
      ms: number;
    })[];
  } | null;
  /** What has become of sending its files to where `deliverTo` says; null without it. */
  delivered: ({
    /** The name that `deliverTo` has; null for the one file. */
    file: string | null;
    /** The job that sends it; null before the end, and once it is gone. */
    id: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    /** The last answer; null when there was none. */
    status: number | null;
    attempts: number;
    /** When the last attempt was made. */
    at: string | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or never will be. */
    error: string | null;
  })[] | null;
  /** When it runs next; null unless delayed. */
  nextAttemptAt: string | null;
  /** Useless after this moment: the caller's, or the kind's own limit. */
  expiresAt: string | null;
  /** Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. While jobs hold it that name it, until when at the latest. */
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is erased before; else null. */
  signedUntil: string | null;
  /** The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it is kept for them. */
  heldBy: string[];
  /** Ids of jobs that must complete first. */
  waitingFor: string[] | null;
  /** What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts. */
  waitingOn: 'job' | 'rate' | 'relay' | 'slot' | 'quota' | 'pause' | null;
  /** Since when its queue is paused, while the job waits there. */
  pausedSince: string | null;
  /** What went wrong in its last attempt; null without one, and once it has ended. */
  lastError: {
    code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
    detail: string;
    at: string;
    /** Of a mail: what its mail server has said of each recipient so far, where it did. */
    recipients?: ({
      address: string;
      /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
      state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
      /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
      stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
      /** The SMTP command that was answered; null for none. */
      command: string | null;
      /** The SMTP answer code; null where there was no answer. */
      code: number | null;
      /** The enhanced code (RFC 3463) that the answer begins with. */
      status: string | null;
      /** The mail server's answer, or why there was none. */
      response: string | null;
      /** What a refusal is about. Only one about the recipient suppresses it. */
      class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
      /** When the answer came. */
      at: string | null;
      /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
      relay?: string;
    })[];
  } | null;
  /** The flow that asked for it, and for what. */
  flow: {
    id: string;
    step: string;
    /** The number of its row: its line in the file, its place in the list; 0 without rows. */
    row: number;
  } | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: {
    name: string;
    scheduledAt: string;
  } | null;
  /** Of a flow: its steps, and how many of their jobs stand where; else null. */
  steps: {
    name: string;
    kind: string;
    /** The steps whose files it needs. */
    after: string[];
    /** Of rows that were not begun. */
    waiting: number;
    /** Posted, and not ended. */
    active: number;
    /** Ended well. */
    completed: number;
    /** Ended otherwise. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Never to be, since another step of their row failed. */
    skipped: number;
  }[] | null;
  /** Null until completed. */
  result: WebhooksResult | null;
  /** Why the job failed or was cancelled; else null. */
  error: Problem | null;
  /** To be resolved against the address that was asked; whole addresses in webhooks. */
  links: {
    self: string;
    events: string;
    result: string;
    cancel: string;
  };
}

export interface CallsJob {
  id: string;
  kind: 'calls';
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled';
  progress: {
    percent: number;
    done?: number;
    total?: number;
    unit?: string;
    /** Of a flow: how many of the rows that are done have failed. */
    failed?: number;
  };
  attempts: {
    /** Runs begun, the current one included; interruptions do not count. */
    made: number;
    max: number;
  };
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  /** Seconds until it is probably done; null if not known. */
  etaSeconds: number | null;
  priority: 'high' | 'normal' | 'low';
  /** The name of the key that posted it, where an operator asks; else null. */
  caller: string | null;
  /** Names the request that posted it. */
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  /** What it is about, in at most 300 bytes: the name of its file, its recipients. */
  facts: Record<string, string | number | string[]> | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  /** Not before this moment; as it was asked for. */
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself. */
  webhook: {
    /** The webhook's own job; null before the end, and once it is gone. */
    id: string | null;
    url: string;
    event: string | null;
    /** The job it tells of; null for a test. */
    job: string | null;
    /** The endpoint it is for; null for a `callbackUrl`. */
    endpoint: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    attempts: {
      made: number;
      max: number;
    } | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or has ended without being taken. */
    lastError: {
      code: string;
      detail: string;
      at: string;
    } | null;
    /** The attempts made, oldest first; the last 50 are kept. */
    sends: ({
      at: string;
      attempt: number;
      /** The receiver's answer; null when there was none. */
      status: number | null;
      /** Why there was no answer. */
      error: string | null;
      ms: number;
    })[];
  } | null;
  /** What has become of sending its files to where `deliverTo` says; null without it. */
  delivered: ({
    /** The name that `deliverTo` has; null for the one file. */
    file: string | null;
    /** The job that sends it; null before the end, and once it is gone. */
    id: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    /** The last answer; null when there was none. */
    status: number | null;
    attempts: number;
    /** When the last attempt was made. */
    at: string | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or never will be. */
    error: string | null;
  })[] | null;
  /** When it runs next; null unless delayed. */
  nextAttemptAt: string | null;
  /** Useless after this moment: the caller's, or the kind's own limit. */
  expiresAt: string | null;
  /** Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. While jobs hold it that name it, until when at the latest. */
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is erased before; else null. */
  signedUntil: string | null;
  /** The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it is kept for them. */
  heldBy: string[];
  /** Ids of jobs that must complete first. */
  waitingFor: string[] | null;
  /** What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts. */
  waitingOn: 'job' | 'rate' | 'relay' | 'slot' | 'quota' | 'pause' | null;
  /** Since when its queue is paused, while the job waits there. */
  pausedSince: string | null;
  /** What went wrong in its last attempt; null without one, and once it has ended. */
  lastError: {
    code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
    detail: string;
    at: string;
    /** Of a mail: what its mail server has said of each recipient so far, where it did. */
    recipients?: ({
      address: string;
      /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
      state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
      /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
      stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
      /** The SMTP command that was answered; null for none. */
      command: string | null;
      /** The SMTP answer code; null where there was no answer. */
      code: number | null;
      /** The enhanced code (RFC 3463) that the answer begins with. */
      status: string | null;
      /** The mail server's answer, or why there was none. */
      response: string | null;
      /** What a refusal is about. Only one about the recipient suppresses it. */
      class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
      /** When the answer came. */
      at: string | null;
      /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
      relay?: string;
    })[];
  } | null;
  /** The flow that asked for it, and for what. */
  flow: {
    id: string;
    step: string;
    /** The number of its row: its line in the file, its place in the list; 0 without rows. */
    row: number;
  } | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: {
    name: string;
    scheduledAt: string;
  } | null;
  /** Of a flow: its steps, and how many of their jobs stand where; else null. */
  steps: {
    name: string;
    kind: string;
    /** The steps whose files it needs. */
    after: string[];
    /** Of rows that were not begun. */
    waiting: number;
    /** Posted, and not ended. */
    active: number;
    /** Ended well. */
    completed: number;
    /** Ended otherwise. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Never to be, since another step of their row failed. */
    skipped: number;
  }[] | null;
  /** Null until completed. */
  result: CallsResult | null;
  /** Why the job failed or was cancelled; else null. */
  error: Problem | null;
  /** To be resolved against the address that was asked; whole addresses in webhooks. */
  links: {
    self: string;
    events: string;
    result: string;
    cancel: string;
  };
}

export interface FlowsJob {
  id: string;
  kind: 'flows';
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled';
  progress: {
    percent: number;
    done?: number;
    total?: number;
    unit?: string;
    /** Of a flow: how many of the rows that are done have failed. */
    failed?: number;
  };
  attempts: {
    /** Runs begun, the current one included; interruptions do not count. */
    made: number;
    max: number;
  };
  /** 1 = next in line; null unless waiting. */
  position: number | null;
  /** Seconds until it is probably done; null if not known. */
  etaSeconds: number | null;
  priority: 'high' | 'normal' | 'low';
  /** The name of the key that posted it, where an operator asks; else null. */
  caller: string | null;
  /** Names the request that posted it. */
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  /** What it is about, in at most 300 bytes: the name of its file, its recipients. */
  facts: Record<string, string | number | string[]> | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  /** Not before this moment; as it was asked for. */
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself. */
  webhook: {
    /** The webhook's own job; null before the end, and once it is gone. */
    id: string | null;
    url: string;
    event: string | null;
    /** The job it tells of; null for a test. */
    job: string | null;
    /** The endpoint it is for; null for a `callbackUrl`. */
    endpoint: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    attempts: {
      made: number;
      max: number;
    } | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or has ended without being taken. */
    lastError: {
      code: string;
      detail: string;
      at: string;
    } | null;
    /** The attempts made, oldest first; the last 50 are kept. */
    sends: ({
      at: string;
      attempt: number;
      /** The receiver's answer; null when there was none. */
      status: number | null;
      /** Why there was no answer. */
      error: string | null;
      ms: number;
    })[];
  } | null;
  /** What has become of sending its files to where `deliverTo` says; null without it. */
  delivered: ({
    /** The name that `deliverTo` has; null for the one file. */
    file: string | null;
    /** The job that sends it; null before the end, and once it is gone. */
    id: string | null;
    state: 'waiting' | 'delayed' | 'active' | 'completed' | 'failed' | 'cancelled' | null;
    /** The last answer; null when there was none. */
    status: number | null;
    attempts: number;
    /** When the last attempt was made. */
    at: string | null;
    /** Null unless it waits for its time. */
    nextAttemptAt: string | null;
    /** Why it was not taken last, or never will be. */
    error: string | null;
  })[] | null;
  /** When it runs next; null unless delayed. */
  nextAttemptAt: string | null;
  /** Useless after this moment: the caller's, or the kind's own limit. */
  expiresAt: string | null;
  /** Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. While jobs hold it that name it, until when at the latest. */
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is erased before; else null. */
  signedUntil: string | null;
  /** The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it is kept for them. */
  heldBy: string[];
  /** Ids of jobs that must complete first. */
  waitingFor: string[] | null;
  /** What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts. */
  waitingOn: 'job' | 'rate' | 'relay' | 'slot' | 'quota' | 'pause' | null;
  /** Since when its queue is paused, while the job waits there. */
  pausedSince: string | null;
  /** What went wrong in its last attempt; null without one, and once it has ended. */
  lastError: {
    code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
    detail: string;
    at: string;
    /** Of a mail: what its mail server has said of each recipient so far, where it did. */
    recipients?: ({
      address: string;
      /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
      state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
      /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
      stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
      /** The SMTP command that was answered; null for none. */
      command: string | null;
      /** The SMTP answer code; null where there was no answer. */
      code: number | null;
      /** The enhanced code (RFC 3463) that the answer begins with. */
      status: string | null;
      /** The mail server's answer, or why there was none. */
      response: string | null;
      /** What a refusal is about. Only one about the recipient suppresses it. */
      class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
      /** When the answer came. */
      at: string | null;
      /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
      relay?: string;
    })[];
  } | null;
  /** The flow that asked for it, and for what. */
  flow: {
    id: string;
    step: string;
    /** The number of its row: its line in the file, its place in the list; 0 without rows. */
    row: number;
  } | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: {
    name: string;
    scheduledAt: string;
  } | null;
  /** Of a flow: its steps, and how many of their jobs stand where; else null. */
  steps: {
    name: string;
    kind: string;
    /** The steps whose files it needs. */
    after: string[];
    /** Of rows that were not begun. */
    waiting: number;
    /** Posted, and not ended. */
    active: number;
    /** Ended well. */
    completed: number;
    /** Ended otherwise. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Never to be, since another step of their row failed. */
    skipped: number;
  }[] | null;
  /** Null until completed. */
  result: FlowsResult | null;
  /** Why the job failed or was cancelled; else null. */
  error: Problem | null;
  /** To be resolved against the address that was asked; whole addresses in webhooks. */
  links: {
    self: string;
    events: string;
    result: string;
    cancel: string;
  };
}

export interface ImagesResult {
  source: {
    width: number;
    height: number;
    format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'heic' | 'bmp' | 'ico' | 'svg' | 'pdf';
    bytes: number;
    orientation: number;
    animated: boolean;
    pages: number;
  };
  /** A ThumbHash of the picture, in base64: a blurred picture in some 25 bytes. */
  placeholder?: string;
  /** The colour that prevails, as #rrggbb. */
  dominant?: string;
  /** Up to five colours that make up the picture, as #rrggbb; that of the largest part first. */
  palette?: string[];
  /** A BlurHash of the picture, on white where it is transparent. */
  blurHash?: string;
  /** A pHash of the picture, 64 bits as 16 hexadecimal digits: of alike pictures few bits differ. */
  perceptualHash?: string;
  /** A <picture> element in HTML that offers the renditions. */
  picture?: string;
  /** What the picture shows, as the request said. */
  alt?: string;
  renditions: ({
    name: string;
    width: number;
    height: number;
    format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';
    bytes: number;
    quality: number | null;
    /** Where quality or format was `auto`: how alike it is to the picture before encoding, in brightness and colour (SSIM), 0 to 1. */
    similarity?: number;
    /** Where maxBytes took colours from a PNG or GIF: how many it has at most. */
    colours?: number;
    /** Set where the pixels are the upload's own, as they were encoded: to encode them anew would have taken more bytes. */
    kept?: true;
    /** The result file that holds it. */
    file: string;
    /** Where that file is served. */
    url: string;
  } | {
    name: string;
    /** Why it could not be made, where the others were. With `strict` the job fails instead. */
    error: {
      code: string;
      detail: string;
    };
  })[];
  /** What could not be kept of the source, or used of the request. */
  warnings: ({
    code: 'animation_lost' | 'frames_left' | 'pages_left' | 'transparency_lost' | 'gain_map_lost' | 'hdr_lost' | 'option_unused' | 'width_left_out' | 'larger_than_source' | 'missing_glyph' | 'damaged';
    message: string;
    /** The rendition that it is about; absent where it is about all. */
    rendition?: string;
  })[];
  files: ResultFile[];
}

export interface ReportsResult {
  /** How many pages the PDF has, those of others that were put around them included; 1 in a preview, which draws no more; 0 without a PDF. */
  pages: number;
  /** The size of the PDF; 0 where there is none, as in a preview. */
  bytes: number;
  /** Of a report that was split: the value that each of its files is for. */
  groups?: {
    name: string;
    file: string;
    pages: number;
    /** Where that file is served. */
    url: string;
  }[];
  /** The invoice for programs that lies inside the PDF. */
  einvoice?: 'factur-x' | 'xrechnung';
  /** Of a preview: its first ten tables, as they were understood. */
  tables?: ({
    /** Its columns, as they were understood. */
    columns: ({
      key: string;
      title: string;
      type: 'text' | 'number' | 'date';
      /** What its values are printed as; null: as they stand. */
      format: string | null;
      /** Its first values as they are printed. */
      samples: string[];
      /** How many of its values were read as its type. */
      read: number;
      /** How many values it has; empty ones do not count. */
      of: number;
      /** Some of those that were not read. */
      unread: string[];
    })[];
    /** The first rows as they are printed. */
    rows: string[][];
    /** How many rows it has. */
    count: number;
    /** What its file was read as; null for rows in the request, and for workbooks. */
    encoding: string | null;
    /** What parts the cells of its file; null where nothing does. */
    delimiter: string | null;
    /** The line that the names of its columns begin in, from 1. */
    headerRow: number | null;
    /** The sheet of a workbook that was read; null for other files. */
    sheet: string | null;
    /** The names of the first hundred sheets of a workbook. */
    sheets: string[];
  })[];
  /** What was noticed while drawing, such as characters that the font lacks. */
  warnings: {
    code: string;
    message: string;
    page: number;
  }[];
  files: ResultFile[];
}

export interface EmailsResult {
  /** The Message-ID header; the same in every attempt. */
  messageId: string;
  /** `smtp`: handed to the relay; `inbox`: kept in the inbox, since SMTP_URL is not set. */
  delivery?: 'smtp' | 'inbox';
  /** What became of each recipient. Of a dry run: none. A failed mail has them in its `error`. */
  recipients: ({
    address: string;
    /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
    state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
    /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
    stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
    /** The SMTP command that was answered; null for none. */
    command: string | null;
    /** The SMTP answer code; null where there was no answer. */
    code: number | null;
    /** The enhanced code (RFC 3463) that the answer begins with. */
    status: string | null;
    /** The mail server's answer, or why there was none. */
    response: string | null;
    /** What a refusal is about. Only one about the recipient suppresses it. */
    class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
    /** When the answer came. */
    at: string | null;
    /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
    relay?: string;
  })[];
  /** With `state: unknown`: the recipients that may or may not have got the mail. */
  unknown?: string[];
  /** Recipients that were left out: they are on the suppression list. */
  suppressed?: ({
    address: string;
    reason: 'manual' | 'unsubscribe' | 'bounce' | 'complaint';
    /** The stream that is stopped; null: every mail. */
    messageStream: string | null;
    at: string;
  })[];
  /** Of a dry run: the mail as it would be sent. The whole of it is in the files. */
  preview?: {
    from: string;
    recipients: string[];
    subject: string;
    text: string | null;
    html: string | null;
    /** What SpamAssassin made of it, where EMAILS_SPAMD names one. */
    spam?: {
      score: number;
      threshold: number;
      rules: string[];
    };
  };
  /** What a mail can be sent with and hardly should be, such as HTML that Gmail cuts. */
  warnings?: {
    code: string;
    message: string;
  }[];
  /** `sent`: the mail server took it for every recipient, which is its word and no more; `partly`: for some; `preview`: a dry run; `unknown`: the whole mail was sent, but the connection ended before the server answered, so it may or may not have been taken; or it waited in a backup that was restored, and may have been sent before. */
  state: 'sent' | 'partly' | 'unknown' | 'preview';
  files: ResultFile[];
}

export interface WebhooksResult {
  /** The receiver's answer, 200-299. */
  status: number;
  /** Attempts it took, the last one included. */
  attempts: number;
  /** Milliseconds until the last attempt was answered. */
  ms: number;
  files: ResultFile[];
}

export interface CallsResult {
  /** The answer's status. */
  status: number;
  /** The answer's headers, names in lower case; without cookies, and shortened where they are long. */
  headers: Record<string, string>;
  /** How often the request was sent, as its `X-Attempt` said. */
  attempts: number;
  /** Milliseconds of the last attempt, until the whole answer was there. */
  ms: number;
  /** What is to be known of the file `response`. */
  warnings?: ({
    code: 'response_cut' | 'response_encoded';
    message: string;
  })[];
  files: ResultFile[];
}

export interface FlowsResult {
  /** How many rows it was done for; 1 without `forEach`. */
  rows: number;
  files: ResultFile[];
}

export interface ResultFile {
  name: string;
  /** The media type. */
  type: string;
  bytes: number;
  sha256: string;
  /** Where it is served: relative to this server, or a whole address that needs no key. */
  url: string;
}

/** Problem details (RFC 9457). */
export interface Problem {
  /** Where the code is explained: `/docs/errors#` and the code, below the public address. */
  type: string;
  title: string;
  /** The HTTP status that goes with the code. */
  status: number;
  /** What failed, which field, which limit, how to mend it. May be shown to people. */
  detail: string;
  /** To be compared by programs. */
  code: 'invalid_request' | 'unauthorized' | 'token_expired' | 'forbidden' | 'origin_refused' | 'token_used_up' | 'not_found' | 'method_not_allowed' | 'request_timeout' | 'conflict' | 'upload_unfinished' | 'upload_taken_over' | 'retry_useless' | 'result_expired' | 'precondition_failed' | 'payload_too_large' | 'unsupported_media_type' | 'range_not_satisfiable' | 'image_unreadable' | 'idempotency_mismatch' | 'size_unmet' | 'report_failed' | 'mail_refused' | 'template_failed' | 'recipient_suppressed' | 'source_unavailable' | 'source_unreachable' | 'webhook_refused' | 'webhook_gone' | 'webhook_failed' | 'delivery_refused' | 'delivery_failed' | 'call_refused' | 'call_failed' | 'call_unknown' | 'flow_failed' | 'expired' | 'cancelled' | 'checksum_mismatch' | 'rate_limited' | 'quota_exceeded' | 'queue_full' | 'storage_full' | 'outcome_unknown' | 'queue_unavailable' | 'storage_unavailable' | 'mail_relay_unavailable' | 'mail_sender_refused' | 'mail_deferred' | 'mail_snoozed' | 'waiting_for_job' | 'upload_missing' | 'later_version' | 'slots_full' | 'timed_out' | 'worker_lost' | 'worker_stalled' | 'interrupted' | 'internal';
  /** Whether the same may succeed later. */
  retryable: boolean;
  /** Each faulty field of the request. */
  errors?: {
    /** JSON pointer (RFC 6901) to the field. */
    pointer: string;
    detail: string;
  }[];
  /** Of an `outcome_unknown`: the job that may have been made. */
  id?: string;
  /** Of an `outcome_unknown`: where that job is, once it is known to be there. */
  links?: {
    self: string;
  };
  /** Of a `quota_exceeded`: what the caller has, and may have. */
  limit?: {
    name: 'waiting' | 'waitingBytes' | 'storedBytes' | 'unfinishedUploads';
    used: number;
    max: number;
  };
  /** Of an action on many jobs: how many match, where another number was expected. */
  count?: number;
  /** Of a `call_refused` or `call_failed`: what the API answered. */
  answer?: {
    status: number;
    /** The media type that it came with. */
    type: string | null;
    /** The first 2 KB of its body, where that is text. */
    text: string;
  };
  /** Of a mail that nobody got: what became of each recipient. */
  recipients?: ({
    address: string;
    /** `accepted`: the mail server took the mail for it; `refused`: it said no for good; `deferred`: it said no for now, and the time was over; `suppressed`: it was left out; `unknown`: no answer came to the whole mail. What comes back later, where it is read: `delivered`, `bounced`, or `complained`: somebody reported it as spam. */
    state: 'accepted' | 'deferred' | 'refused' | 'suppressed' | 'unknown' | 'delivered' | 'bounced' | 'complained';
    /** Where the answer came; `dot`: after the whole mail. Null where there was none. */
    stage: 'connect' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot' | null;
    /** The SMTP command that was answered; null for none. */
    command: string | null;
    /** The SMTP answer code; null where there was no answer. */
    code: number | null;
    /** The enhanced code (RFC 3463) that the answer begins with. */
    status: string | null;
    /** The mail server's answer, or why there was none. */
    response: string | null;
    /** What a refusal is about. Only one about the recipient suppresses it. */
    class: 'recipient' | 'sender' | 'content' | 'relay' | 'rate' | null;
    /** When the answer came. */
    at: string | null;
    /** The relay of SMTP_RELAYS_FILE that answered; absent where SMTP_URL names the only one. */
    relay?: string;
  })[];
  /** The `X-Request-Id` of this answer; the log has it too. Not in the `error` of a job. */
  requestId?: string;
}

export interface ImagesRequest {
  /** What the result file is called, without its extension. Default: `"image"`. */
  name?: string;
  /** In pixels; without it, it follows from the height. */
  width?: number;
  /** In pixels; without it, it follows from the width. */
  height?: number;
  /** The proportions of the picture, as "16:9", in the place of one side or of both: `fit` is `cover` then, unless it is `contain` or `fill`. */
  aspectRatio?: string;
  /** Pixels of the screen for each pixel asked: multiplies every size in pixels. Default: `1`. */
  dpr?: number;
  /** How the picture meets the size: `inside` and `outside` keep its proportions (at most, at least that size), `cover` crops, `contain` adds a border, `fill` stretches. Default: `"inside"`. */
  fit?: 'cover' | 'contain' | 'fill' | 'inside' | 'outside';
  /** Which part `cover` keeps, where `contain` puts the picture. `entropy` and `attention` look at the picture; `x` and `y` are a point of it, 0 to 1 from the left and the top. Default: `"centre"`. */
  position?: 'top' | 'right top' | 'right' | 'right bottom' | 'bottom' | 'left bottom' | 'left' | 'left top' | 'north' | 'northeast' | 'east' | 'southeast' | 'south' | 'southwest' | 'west' | 'northwest' | 'center' | 'centre' | 'entropy' | 'attention' | {
    x: number;
    y: number;
  };
  /** Whether a small picture is made larger than it is. Default: `false`. */
  enlarge?: boolean;
  /** Without it, the format of the source; `auto` tries those that browsers show and takes the smallest. `jpg` is `jpeg`, capitals make no difference. */
  format?: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'auto';
  /** Of formats that lose some, 1 to 100; `auto` finds the lowest at which the picture still looks alike. Without it, what suits the format. */
  quality?: number | 'auto';
  /** The file has at most as many bytes: its quality, or the number of its colours, is lowered until it fits. */
  maxBytes?: number;
  /** Keeps every pixel; goes with webp, avif, png, tiff, auto. Default: `false`. */
  lossless?: boolean;
  /** Shows coarsely first, then finer (jpeg, png, gif). Default: `false`. */
  progressive?: boolean;
  /** Whether a GIF or WebP made of an animation keeps all frames; if not, the first. Default: `true`. */
  animated?: boolean;
  /** Of borders and behind transparent parts, as in CSS: #rgb or #rrggbb, with alpha too, a name, rgb(...). */
  background?: string;
  /** Parts to be made unrecognisable, such as faces: `[{"left", "top", "width", "height", "effect"}]` in pixels of the upright source, before all else. Placeholder, colours and hashes of the job are made of the picture without them. */
  regions?: ({
    /** From the left edge of the upright source, in its pixels. */
    left: number;
    /** From its top. */
    top: number;
    width: number;
    height: number;
    /** Either leaves a few colours of the region, from which nothing can be won back. Default: `"blur"`. */
    effect?: 'blur' | 'pixelate';
  })[];
  /** The part to begin with, in pixels of the upright source. */
  crop?: {
    left: number;
    top: number;
    width: number;
    height: number;
  };
  /** Takes off edges that are all alike: as the top left pixel, or as `background`, give or take `threshold` (10). Default: `false`. */
  trim?: boolean | {
    threshold?: number;
    background?: string;
  };
  /** Degrees clockwise. Default: `0`. */
  rotate?: -270 | -180 | -90 | 0 | 90 | 180 | 270;
  /** Upside down. Default: `false`. */
  flip?: boolean;
  /** Left to right. Default: `false`. */
  flop?: boolean;
  /** Without colours. Default: `false`. */
  grayscale?: boolean;
  /** Sigma of the blur, in pixels. */
  blur?: number;
  /** Sigma of the sharpening, in pixels. */
  sharpen?: number;
  /** A picture laid over it: `{"file": "<form field>"}`, `{"upload": "upd_..."}` or `{"job": "img_...", "file": "..."}`. */
  watermark?: {
    /** The form field that holds the watermark; with `job`, one of its result files. */
    file?: string;
    /** The job whose result is the watermark. */
    job?: string;
    /** The upload that is the watermark. */
    upload?: string;
    /** Where it stands. Default: `"southeast"`. */
    position?: 'north' | 'northeast' | 'east' | 'southeast' | 'south' | 'southwest' | 'west' | 'northwest' | 'center' | 'centre';
    /** In pixels, or as a share of the rendition; without it, its own width, if that fits. */
    width?: number | string;
    /** 0 (not to be seen) to 1. Default: `1`. */
    opacity?: number;
    /** Pixels between it and the edges; between two of them, when tiled. Default: `0`. */
    margin?: number;
    /** All over the picture, again and again. Default: `false`. */
    tile?: boolean;
  };
  /** Words written over it, in any script: `{"text": "© Kari", "size": "5%", "colour": "white"}`, or the text alone, `"© Kari"`. Lines break where you break them, and where they would be too long. */
  text?: {
    text: string;
    /** Of its letters: pixels, or a share of the width. Where the text does not fit it is smaller. Default: `"5%"`. */
    size?: number | string;
    /** Of its letters, as in CSS. Default: `"white"`. */
    colour?: string;
    /** Where it stands. Default: `"southeast"`. */
    position?: 'north' | 'northeast' | 'east' | 'southeast' | 'south' | 'southwest' | 'west' | 'northwest' | 'center' | 'centre';
    /** 0 (not to be seen) to 1. Default: `1`. */
    opacity?: number;
    /** Pixels between it and the edges. Default: `16`. */
    margin?: number;
  };
  /** Of its rounded corners, in pixels; `circle` cuts a square to a circle. Where there is no transparency, `background` shows behind them. */
  radius?: number | 'circle';
  /** Pixels of `background` around the picture, beyond its size. */
  padding?: number;
  /** The colours that the file can hold: `p3` keeps those beyond sRGB, of a photo from a phone, with the profile of Display P3. Default: `"srgb"`. */
  colourSpace?: 'srgb' | 'p3';
  /** What becomes of a photo's gain map, which makes it HDR on screens that can show it: a JPEG of a JPEG keeps it (Ultra HDR). Default: `"drop"`. */
  gainMap?: 'drop' | 'keep';
  metadata?: 'none' | 'copyright' | 'all' | Record<string, unknown>;
  /** A named set of options; the ones given beside it stand above its own. */
  preset?: string;
  /** Several pictures of one file; in the place of all these fields. */
  renditions?: ({
    /** What the result file is called, without its extension. Default: `"image"`. */
    name?: string;
    /** In pixels; without it, it follows from the height. */
    width?: number;
    /** In pixels; without it, it follows from the width. */
    height?: number;
    /** The proportions of the picture, as "16:9", in the place of one side or of both: `fit` is `cover` then, unless it is `contain` or `fill`. */
    aspectRatio?: string;
    /** Pixels of the screen for each pixel asked: multiplies every size in pixels. Default: `1`. */
    dpr?: number;
    /** How the picture meets the size: `inside` and `outside` keep its proportions (at most, at least that size), `cover` crops, `contain` adds a border, `fill` stretches. Default: `"inside"`. */
    fit?: 'cover' | 'contain' | 'fill' | 'inside' | 'outside';
    /** Which part `cover` keeps, where `contain` puts the picture. `entropy` and `attention` look at the picture; `x` and `y` are a point of it, 0 to 1 from the left and the top. Default: `"centre"`. */
    position?: 'top' | 'right top' | 'right' | 'right bottom' | 'bottom' | 'left bottom' | 'left' | 'left top' | 'north' | 'northeast' | 'east' | 'southeast' | 'south' | 'southwest' | 'west' | 'northwest' | 'center' | 'centre' | 'entropy' | 'attention' | {
      x: number;
      y: number;
    };
    /** Whether a small picture is made larger than it is. Default: `false`. */
    enlarge?: boolean;
    /** Without it, the format of the source; `auto` tries those that browsers show and takes the smallest. `jpg` is `jpeg`, capitals make no difference. */
    format?: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'auto';
    /** Of formats that lose some, 1 to 100; `auto` finds the lowest at which the picture still looks alike. Without it, what suits the format. */
    quality?: number | 'auto';
    /** The file has at most as many bytes: its quality, or the number of its colours, is lowered until it fits. */
    maxBytes?: number;
    /** Keeps every pixel; goes with webp, avif, png, tiff, auto. Default: `false`. */
    lossless?: boolean;
    /** Shows coarsely first, then finer (jpeg, png, gif). Default: `false`. */
    progressive?: boolean;
    /** Whether a GIF or WebP made of an animation keeps all frames; if not, the first. Default: `true`. */
    animated?: boolean;
    /** Of borders and behind transparent parts, as in CSS: #rgb or #rrggbb, with alpha too, a name, rgb(...). */
    background?: string;
    /** Parts to be made unrecognisable, such as faces: `[{"left", "top", "width", "height", "effect"}]` in pixels of the upright source, before all else. Placeholder, colours and hashes of the job are made of the picture without them. */
    regions?: ({
      /** From the left edge of the upright source, in its pixels. */
      left: number;
      /** From its top. */
      top: number;
      width: number;
      height: number;
      /** Either leaves a few colours of the region, from which nothing can be won back. Default: `"blur"`. */
      effect?: 'blur' | 'pixelate';
    })[];
    /** The part to begin with, in pixels of the upright source. */
    crop?: {
      left: number;
      top: number;
      width: number;
      height: number;
    };
    /** Takes off edges that are all alike: as the top left pixel, or as `background`, give or take `threshold` (10). Default: `false`. */
    trim?: boolean | {
      threshold?: number;
      background?: string;
    };
    /** Degrees clockwise. Default: `0`. */
    rotate?: -270 | -180 | -90 | 0 | 90 | 180 | 270;
    /** Upside down. Default: `false`. */
    flip?: boolean;
    /** Left to right. Default: `false`. */
    flop?: boolean;
    /** Without colours. Default: `false`. */
    grayscale?: boolean;
    /** Sigma of the blur, in pixels. */
    blur?: number;
    /** Sigma of the sharpening, in pixels. */
    sharpen?: number;
    /** A picture laid over it: `{"file": "<form field>"}`, `{"upload": "upd_..."}` or `{"job": "img_...", "file": "..."}`. */
    watermark?: {
      /** The form field that holds the watermark; with `job`, one of its result files. */
      file?: string;
      /** The job whose result is the watermark. */
      job?: string;
      /** The upload that is the watermark. */
      upload?: string;
      /** Where it stands. Default: `"southeast"`. */
      position?: 'north' | 'northeast' | 'east' | 'southeast' | 'south' | 'southwest' | 'west' | 'northwest' | 'center' | 'centre';
      /** In pixels, or as a share of the rendition; without it, its own width, if that fits. */
      width?: number | string;
      /** 0 (not to be seen) to 1. Default: `1`. */
      opacity?: number;
      /** Pixels between it and the edges; between two of them, when tiled. Default: `0`. */
      margin?: number;
      /** All over the picture, again and again. Default: `false`. */
      tile?: boolean;
    };
    /** Words written over it, in any script: `{"text": "© Kari", "size": "5%", "colour": "white"}`, or the text alone, `"© Kari"`. Lines break where you break them, and where they would be too long. */
    text?: {
      text: string;
      /** Of its letters: pixels, or a share of the width. Where the text does not fit it is smaller. Default: `"5%"`. */
      size?: number | string;
      /** Of its letters, as in CSS. Default: `"white"`. */
      colour?: string;
      /** Where it stands. Default: `"southeast"`. */
      position?: 'north' | 'northeast' | 'east' | 'southeast' | 'south' | 'southwest' | 'west' | 'northwest' | 'center' | 'centre';
      /** 0 (not to be seen) to 1. Default: `1`. */
      opacity?: number;
      /** Pixels between it and the edges. Default: `16`. */
      margin?: number;
    };
    /** Of its rounded corners, in pixels; `circle` cuts a square to a circle. Where there is no transparency, `background` shows behind them. */
    radius?: number | 'circle';
    /** Pixels of `background` around the picture, beyond its size. */
    padding?: number;
    /** The colours that the file can hold: `p3` keeps those beyond sRGB, of a photo from a phone, with the profile of Display P3. Default: `"srgb"`. */
    colourSpace?: 'srgb' | 'p3';
    /** What becomes of a photo's gain map, which makes it HDR on screens that can show it: a JPEG of a JPEG keeps it (Ultra HDR). Default: `"drop"`. */
    gainMap?: 'drop' | 'keep';
    /** What is kept of the metadata; `copyright` keeps copyright, artist and credit. Orientation is applied. Default: `"none"`. */
    metadata?: 'none' | 'copyright' | 'all';
    /** A named set of options; the ones given beside it stand above its own. */
    preset?: string;
  })[];
  /** Several pictures that differ in width alone, as `srcset` wants them; with `formats`, each width in each format. They are called `w400-avif`. What is wider than the image is made once, at its own width. */
  widths?: number[];
  /** Each picture in several formats: with `widths`, or in the place of `format`. */
  formats?: ('jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff' | 'auto')[];
  /** What the picture shows, for the `alt` of `picture`; "" says that it only decorates. */
  alt?: string;
  /** In a JSON body: where the image is, `{url}`, `{upload}` or `{job, file}`. */
  source: {
    url?: string;
    job?: string;
    file?: string;
    upload?: string;
  };
  /** Whether the job fails when one of its renditions can not be made. Else it completes, and says so of that one. */
  strict?: boolean;
  /** What is done with an image whose pixels are not all there: the job fails, or shows what there is. */
  damaged?: 'refuse' | 'accept';
  /** Which page of a TIFF or PDF, or frame of an animation, is shown, from 1 on: a picture that stands still. */
  page?: number;
  /** How many frames of an animation are kept: the first ones. What is left out counts for no limit. */
  maxFrames?: number;
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
}

export type ReportsRequest = {
  /** Default: `"document"`. */
  template?: 'document';
  /** Default: `"en-US"`. */
  locale?: string;
  lang?: string;
  timeZone?: string;
  words?: {
    /** In English: Page {page} of {pages} */
    footer?: string;
    /** In English: Total */
    total?: string;
    /** In English: Average */
    average?: string;
    /** In English: Minimum */
    minimum?: string;
    /** In English: Maximum */
    maximum?: string;
    /** In English: Count */
    count?: string;
    /** In English: Yes */
    yes?: string;
    /** In English: No */
    no?: string;
    /** In English: Monthly report */
    monthlyReport?: string;
    /** In English: User */
    user?: string;
    /** In English: Name */
    name?: string;
    /** In English: Period */
    period?: string;
    /** In English: Created */
    created?: string;
    /** In English: Entries */
    entries?: string;
    /** In English: Details */
    details?: string;
    /** In English: Contents */
    contents?: string;
    /** In English: Subtotal */
    subtotal?: string;
    /** In English: No data */
    noData?: string;
    /** In English: Other */
    other?: string;
    /** In English: Bar chart */
    barChart?: string;
    /** In English: Line chart */
    lineChart?: string;
    /** In English: Area chart */
    areaChart?: string;
    /** In English: Pie chart */
    pieChart?: string;
    /** In English: lowest */
    lowest?: string;
    /** In English: highest */
    highest?: string;
    /** In English: Invoice */
    invoice?: string;
    /** In English: Credit note */
    creditNote?: string;
    /** In English: Invoice number */
    invoiceNumber?: string;
    /** In English: Credit note number */
    creditNoteNumber?: string;
    /** In English: Date */
    issued?: string;
    /** In English: Due date */
    due?: string;
    /** In English: Bill to */
    buyer?: string;
    /** In English: Description */
    description?: string;
    /** In English: Quantity */
    quantity?: string;
    /** In English: Unit price */
    unitPrice?: string;
    /** In English: VAT */
    vat?: string;
    /** In English: Amount */
    amount?: string;
    /** In English: Total excl. VAT */
    netTotal?: string;
    /** In English: VAT {rate} of {net} */
    vatOf?: string;
    /** In English: Amount due */
    amountDue?: string;
    /** In English: Amount credited */
    amountCredited?: string;
    /** In English: Payment */
    payment?: string;
    /** In English: Account */
    account?: string;
    /** In English: BIC */
    bic?: string;
    /** In English: Reference */
    reference?: string;
    /** In English: Terms */
    terms?: string;
    /** In English: Notes */
    notes?: string;
    /** In English: VAT ID */
    vatId?: string;
    /** In English: Company no. */
    orgNumber?: string;
    /** In English: Email */
    email?: string;
    /** In English: Date of delivery */
    deliveryDate?: string;
    /** In English: Period of delivery */
    deliveryPeriod?: string;
    /** In English: Delivered to */
    deliveryAddress?: string;
    /** In English: Contact */
    contact?: string;
    /** In English: Customer number */
    customerNumber?: string;
    /** In English: Your reference */
    buyerReference?: string;
    /** In English: Order number */
    orderNumber?: string;
    /** In English: Contract number */
    contractNumber?: string;
    /** In English: Project number */
    projectNumber?: string;
    /** In English: Delivery note */
    deliveryNote?: string;
    /** In English: Original invoice */
    precedingInvoice?: string;
    /** In English: Tax number */
    taxNumber?: string;
    /** In English: Item no. */
    itemNumber?: string;
    /** In English: Your item no. */
    buyerItemNumber?: string;
    /** In English: Discount */
    discount?: string;
    /** In English: Charge */
    charge?: string;
    /** In English: Sum of lines */
    linesTotal?: string;
    /** In English: incl. VAT */
    withVat?: string;
    /** In English: Total incl. VAT */
    grossTotal?: string;
    /** In English: Incl. VAT {rate} on {net} */
    vatIncluded?: string;
    /** In English: Already paid */
    prepaid?: string;
    /** In English: Rounding */
    rounding?: string;
    /** In English: VAT in {currency} */
    vatInCurrency?: string;
    /** In English: Reverse charge */
    reverseCharge?: string;
    /** In English: Intra-Community supply */
    intraCommunity?: string;
    /** In English: Export outside the EU */
    exportOutsideEu?: string;
    /** In English: Not subject to VAT */
    outOfScope?: string;
    /** In English: Means of payment */
    paymentMeans?: string;
    /** In English: Bank transfer */
    transfer?: string;
    /** In English: Direct debit */
    directDebit?: string;
    /** In English: Mandate reference */
    mandate?: string;
    /** In English: Creditor identifier */
    creditorId?: string;
    /** In English: Debited account */
    debitedAccount?: string;
    /** In English: Card */
    card?: string;
    /** In English: Cash */
    cash?: string;
    /** In English: Cheque */
    cheque?: string;
    /** In English: Online payment */
    online?: string;
    /** In English: Refund to account */
    refundAccount?: string;
    /** In English: Carried forward */
    carriedForward?: string;
    /** In English: Brought forward */
    broughtForward?: string;
    /** In English: Scan to pay */
    scanToPay?: string;
    /** In English: Total of {read} of {all} rows */
    partialTotal?: string;
    /** In English: Chart of {read} of {all} rows */
    partialChart?: string;
    /** In English: {count} is no number */
    noNumber?: string;
    /** In English: {count} are no numbers */
    noNumbers?: string;
    /** In English: {count} has no date */
    noDate?: string;
    /** In English: {count} have no date */
    noDates?: string;
    /** In English: Q{quarter} {year} */
    quarter?: string;
    /** In English: Values of 0 and below are not shown: {count} */
    notPositive?: string;
  };
  /** Default: `{}`. */
  page?: {
    /** Default: `"A4"`. */
    size?: 'A3' | 'A4' | 'A5' | 'Letter' | 'Legal';
    /** Default: `"portrait"`. */
    orientation?: 'portrait' | 'landscape';
    /** Default: `"20mm"`. */
    margin?: string;
  };
  /** Default: `""`. */
  header?: string;
  footer?: string;
  /** Default: `false`. */
  outline?: boolean;
  /** Default: `false`. */
  strict?: boolean;
  profile?: 'PDF/A-2b' | 'PDF/A-3b' | 'PDF/UA-1';
  password?: string;
  einvoice?: 'factur-x' | 'xrechnung';
  /** Default: `[]`. */
  attachments?: ({
    filename: string;
    content: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    job: string;
    file?: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    upload: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename: string;
    file: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  })[];
  prepend?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  append?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  /** Default: `["pdf"]`. */
  formats?: ('pdf' | 'xlsx' | 'csv')[];
  /** Default: `false`. */
  preview?: boolean;
  splitBy?: string;
  fileName?: string;
  brand?: string | null;
  data: {
    title: string;
    subtitle?: string;
    author?: string;
    /** Default: `[]`. */
    blocks?: ({
      type: 'heading';
      /** Default: `1`. */
      level?: 1 | 2 | 3;
      text: string;
    } | {
      type: 'text';
      text: string;
    } | {
      type: 'list';
      /** Default: `false`. */
      ordered?: boolean;
      items: (string | {
        text: string;
        /** Default: `false`. */
        ordered?: boolean;
        items: (string | {
          text: string;
          /** Default: `false`. */
          ordered?: boolean;
          items: (string | {
            text: string;
            /** Default: `false`. */
            ordered?: boolean;
            items: string[];
          })[];
        })[];
      })[];
    } | {
      type: 'keyValues';
      items: ({
        key: string;
        value: string | number | boolean | null;
      })[];
    } | {
      type: 'table';
      caption?: string;
      columns?: ({
        key: string;
        title?: string;
        align?: 'left' | 'center' | 'right';
        width?: string;
        format?: string;
        type?: 'text' | 'number' | 'date' | 'image';
        decimal?: '.' | ',';
        dateFormat?: string;
        hidden?: boolean;
        value?: string;
        group?: string;
        highlight?: ({
          when: {
            key?: string;
            is?: string | number | boolean | (string | number | boolean)[];
            isNot?: string | number | boolean | (string | number | boolean)[];
            above?: string | number;
            below?: string | number;
            atLeast?: string | number;
            atMost?: string | number;
            contains?: string;
            isEmpty?: boolean;
          };
          colour?: string;
          background?: string;
          bold?: boolean;
          row?: boolean;
        })[];
        pictures?: Record<string, string | {
          upload: string;
        } | {
          job: string;
          file?: string;
        }>;
      })[];
      rows: unknown[] | {
        file: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      } | {
        url: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      } | {
        upload: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      } | {
        job: string;
        file?: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      };
      totals?: Record<string, 'sum' | 'avg' | 'min' | 'max' | 'count'>;
      sums?: boolean;
      groupBy?: string;
      carry?: string;
      filter?: ({
        key: string;
        is?: string | number | boolean | (string | number | boolean)[];
        isNot?: string | number | boolean | (string | number | boolean)[];
        above?: string | number;
        below?: string | number;
        atLeast?: string | number;
        atMost?: string | number;
        contains?: string;
        isEmpty?: boolean;
      })[];
      sort?: ({
        key: string;
        /** Default: `"ascending"`. */
        order?: 'ascending' | 'descending';
      })[];
      zebra?: boolean;
    } | {
      type: 'chart';
      chart: 'bar' | 'stackedBar' | 'line' | 'area' | 'pie';
      /** Default: `false`. */
      donut?: boolean;
      /** Default: `false`. */
      horizontal?: boolean;
      stack?: 'none' | 'stacked' | 'percent';
      /** Default: `"linear"`. */
      scale?: 'linear' | 'log';
      /** Default: `[]`. */
      lines?: {
        value: number;
        /** Default: `""`. */
        label?: string;
      }[];
      title?: string;
      format?: string;
      rightFormat?: string;
      height?: string;
      alt?: string;
      categories?: (string | number)[];
      series?: ({
        /** Default: `""`. */
        name?: string;
        values: (number | null)[];
        chart?: 'bar' | 'line';
        axis?: 'left' | 'right';
      })[];
      rows?: unknown[] | {
        file: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      } | {
        url: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      } | {
        upload: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      } | {
        job: string;
        file?: string;
        encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
        delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
        skipRows?: number;
        header?: boolean;
        sheet?: string | number;
        decimal?: '.' | ',';
        dateFormat?: string;
      };
      category?: string;
      value?: string | (string | {
        key: string;
        name?: string;
        chart?: 'bar' | 'line';
        axis?: 'left' | 'right';
      })[];
      by?: 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';
      decimal?: '.' | ',';
      dateFormat?: string;
      filter?: ({
        key: string;
        is?: string | number | boolean | (string | number | boolean)[];
        isNot?: string | number | boolean | (string | number | boolean)[];
        above?: string | number;
        below?: string | number;
        atLeast?: string | number;
        atMost?: string | number;
        contains?: string;
        isEmpty?: boolean;
      })[];
      limit?: number;
    } | {
      type: 'image';
      source: {
        content: string;
      } | {
        job: string;
        file?: string;
      } | {
        upload: string;
      };
      width?: string;
      alt?: string;
    } | {
      type: 'code';
      symbology: 'qr' | 'datamatrix' | 'aztec' | 'pdf417' | 'code128' | 'gs1-128' | 'code39' | 'ean13' | 'ean8' | 'upca' | 'itf14';
      text: string;
      size?: string;
      caption?: string;
      alt?: string;
    } | {
      type: 'columns';
      columns: (({
        type: 'heading';
        /** Default: `1`. */
        level?: 1 | 2 | 3;
        text: string;
      } | {
        type: 'text';
        text: string;
      } | {
        type: 'list';
        /** Default: `false`. */
        ordered?: boolean;
        items: (string | {
          text: string;
          /** Default: `false`. */
          ordered?: boolean;
          items: (string | {
            text: string;
            /** Default: `false`. */
            ordered?: boolean;
            items: (string | {
              text: string;
              /** Default: `false`. */
              ordered?: boolean;
              items: string[];
            })[];
          })[];
        })[];
      } | {
        type: 'keyValues';
        items: ({
          key: string;
          value: string | number | boolean | null;
        })[];
      } | {
        type: 'table';
        caption?: string;
        columns?: ({
          key: string;
          title?: string;
          align?: 'left' | 'center' | 'right';
          width?: string;
          format?: string;
          type?: 'text' | 'number' | 'date' | 'image';
          decimal?: '.' | ',';
          dateFormat?: string;
          hidden?: boolean;
          value?: string;
          group?: string;
          highlight?: ({
            when: {
              key?: string;
              is?: string | number | boolean | (string | number | boolean)[];
              isNot?: string | number | boolean | (string | number | boolean)[];
              above?: string | number;
              below?: string | number;
              atLeast?: string | number;
              atMost?: string | number;
              contains?: string;
              isEmpty?: boolean;
            };
            colour?: string;
            background?: string;
            bold?: boolean;
            row?: boolean;
          })[];
          pictures?: Record<string, string | {
            upload: string;
          } | {
            job: string;
            file?: string;
          }>;
        })[];
        rows: unknown[] | {
          file: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        } | {
          url: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        } | {
          upload: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        } | {
          job: string;
          file?: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        };
        totals?: Record<string, 'sum' | 'avg' | 'min' | 'max' | 'count'>;
        sums?: boolean;
        groupBy?: string;
        carry?: string;
        filter?: ({
          key: string;
          is?: string | number | boolean | (string | number | boolean)[];
          isNot?: string | number | boolean | (string | number | boolean)[];
          above?: string | number;
          below?: string | number;
          atLeast?: string | number;
          atMost?: string | number;
          contains?: string;
          isEmpty?: boolean;
        })[];
        sort?: ({
          key: string;
          /** Default: `"ascending"`. */
          order?: 'ascending' | 'descending';
        })[];
        zebra?: boolean;
      } | {
        type: 'chart';
        chart: 'bar' | 'stackedBar' | 'line' | 'area' | 'pie';
        /** Default: `false`. */
        donut?: boolean;
        /** Default: `false`. */
        horizontal?: boolean;
        stack?: 'none' | 'stacked' | 'percent';
        /** Default: `"linear"`. */
        scale?: 'linear' | 'log';
        /** Default: `[]`. */
        lines?: {
          value: number;
          /** Default: `""`. */
          label?: string;
        }[];
        title?: string;
        format?: string;
        rightFormat?: string;
        height?: string;
        alt?: string;
        categories?: (string | number)[];
        series?: ({
          /** Default: `""`. */
          name?: string;
          values: (number | null)[];
          chart?: 'bar' | 'line';
          axis?: 'left' | 'right';
        })[];
        rows?: unknown[] | {
          file: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        } | {
          url: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        } | {
          upload: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        } | {
          job: string;
          file?: string;
          encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
          delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
          skipRows?: number;
          header?: boolean;
          sheet?: string | number;
          decimal?: '.' | ',';
          dateFormat?: string;
        };
        category?: string;
        value?: string | (string | {
          key: string;
          name?: string;
          chart?: 'bar' | 'line';
          axis?: 'left' | 'right';
        })[];
        by?: 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';
        decimal?: '.' | ',';
        dateFormat?: string;
        filter?: ({
          key: string;
          is?: string | number | boolean | (string | number | boolean)[];
          isNot?: string | number | boolean | (string | number | boolean)[];
          above?: string | number;
          below?: string | number;
          atLeast?: string | number;
          atMost?: string | number;
          contains?: string;
          isEmpty?: boolean;
        })[];
        limit?: number;
      } | {
        type: 'image';
        source: {
          content: string;
        } | {
          job: string;
          file?: string;
        } | {
          upload: string;
        };
        width?: string;
        alt?: string;
      } | {
        type: 'code';
        symbology: 'qr' | 'datamatrix' | 'aztec' | 'pdf417' | 'code128' | 'gs1-128' | 'code39' | 'ean13' | 'ean8' | 'upca' | 'itf14';
        text: string;
        size?: string;
        caption?: string;
        alt?: string;
      })[])[];
    } | {
      type: 'toc';
      title?: string;
      /** Default: `3`. */
      levels?: 1 | 2 | 3;
    } | {
      type: 'pageBreak';
    })[];
  };
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
} | {
  template: 'monthly';
  /** Default: `"en-US"`. */
  locale?: string;
  lang?: string;
  timeZone?: string;
  words?: {
    /** In English: Page {page} of {pages} */
    footer?: string;
    /** In English: Total */
    total?: string;
    /** In English: Average */
    average?: string;
    /** In English: Minimum */
    minimum?: string;
    /** In English: Maximum */
    maximum?: string;
    /** In English: Count */
    count?: string;
    /** In English: Yes */
    yes?: string;
    /** In English: No */
    no?: string;
    /** In English: Monthly report */
    monthlyReport?: string;
    /** In English: User */
    user?: string;
    /** In English: Name */
    name?: string;
    /** In English: Period */
    period?: string;
    /** In English: Created */
    created?: string;
    /** In English: Entries */
    entries?: string;
    /** In English: Details */
    details?: string;
    /** In English: Contents */
    contents?: string;
    /** In English: Subtotal */
    subtotal?: string;
    /** In English: No data */
    noData?: string;
    /** In English: Other */
    other?: string;
    /** In English: Bar chart */
    barChart?: string;
    /** In English: Line chart */
    lineChart?: string;
    /** In English: Area chart */
    areaChart?: string;
    /** In English: Pie chart */
    pieChart?: string;
    /** In English: lowest */
    lowest?: string;
    /** In English: highest */
    highest?: string;
    /** In English: Invoice */
    invoice?: string;
    /** In English: Credit note */
    creditNote?: string;
    /** In English: Invoice number */
    invoiceNumber?: string;
    /** In English: Credit note number */
    creditNoteNumber?: string;
    /** In English: Date */
    issued?: string;
    /** In English: Due date */
    due?: string;
    /** In English: Bill to */
    buyer?: string;
    /** In English: Description */
    description?: string;
    /** In English: Quantity */
    quantity?: string;
    /** In English: Unit price */
    unitPrice?: string;
    /** In English: VAT */
    vat?: string;
    /** In English: Amount */
    amount?: string;
    /** In English: Total excl. VAT */
    netTotal?: string;
    /** In English: VAT {rate} of {net} */
    vatOf?: string;
    /** In English: Amount due */
    amountDue?: string;
    /** In English: Amount credited */
    amountCredited?: string;
    /** In English: Payment */
    payment?: string;
    /** In English: Account */
    account?: string;
    /** In English: BIC */
    bic?: string;
    /** In English: Reference */
    reference?: string;
    /** In English: Terms */
    terms?: string;
    /** In English: Notes */
    notes?: string;
    /** In English: VAT ID */
    vatId?: string;
    /** In English: Company no. */
    orgNumber?: string;
    /** In English: Email */
    email?: string;
    /** In English: Date of delivery */
    deliveryDate?: string;
    /** In English: Period of delivery */
    deliveryPeriod?: string;
    /** In English: Delivered to */
    deliveryAddress?: string;
    /** In English: Contact */
    contact?: string;
    /** In English: Customer number */
    customerNumber?: string;
    /** In English: Your reference */
    buyerReference?: string;
    /** In English: Order number */
    orderNumber?: string;
    /** In English: Contract number */
    contractNumber?: string;
    /** In English: Project number */
    projectNumber?: string;
    /** In English: Delivery note */
    deliveryNote?: string;
    /** In English: Original invoice */
    precedingInvoice?: string;
    /** In English: Tax number */
    taxNumber?: string;
    /** In English: Item no. */
    itemNumber?: string;
    /** In English: Your item no. */
    buyerItemNumber?: string;
    /** In English: Discount */
    discount?: string;
    /** In English: Charge */
    charge?: string;
    /** In English: Sum of lines */
    linesTotal?: string;
    /** In English: incl. VAT */
    withVat?: string;
    /** In English: Total incl. VAT */
    grossTotal?: string;
    /** In English: Incl. VAT {rate} on {net} */
    vatIncluded?: string;
    /** In English: Already paid */
    prepaid?: string;
    /** In English: Rounding */
    rounding?: string;
    /** In English: VAT in {currency} */
    vatInCurrency?: string;
    /** In English: Reverse charge */
    reverseCharge?: string;
    /** In English: Intra-Community supply */
    intraCommunity?: string;
    /** In English: Export outside the EU */
    exportOutsideEu?: string;
    /** In English: Not subject to VAT */
    outOfScope?: string;
    /** In English: Means of payment */
    paymentMeans?: string;
    /** In English: Bank transfer */
    transfer?: string;
    /** In English: Direct debit */
    directDebit?: string;
    /** In English: Mandate reference */
    mandate?: string;
    /** In English: Creditor identifier */
    creditorId?: string;
    /** In English: Debited account */
    debitedAccount?: string;
    /** In English: Card */
    card?: string;
    /** In English: Cash */
    cash?: string;
    /** In English: Cheque */
    cheque?: string;
    /** In English: Online payment */
    online?: string;
    /** In English: Refund to account */
    refundAccount?: string;
    /** In English: Carried forward */
    carriedForward?: string;
    /** In English: Brought forward */
    broughtForward?: string;
    /** In English: Scan to pay */
    scanToPay?: string;
    /** In English: Total of {read} of {all} rows */
    partialTotal?: string;
    /** In English: Chart of {read} of {all} rows */
    partialChart?: string;
    /** In English: {count} is no number */
    noNumber?: string;
    /** In English: {count} are no numbers */
    noNumbers?: string;
    /** In English: {count} has no date */
    noDate?: string;
    /** In English: {count} have no date */
    noDates?: string;
    /** In English: Q{quarter} {year} */
    quarter?: string;
    /** In English: Values of 0 and below are not shown: {count} */
    notPositive?: string;
  };
  /** Default: `{}`. */
  page?: {
    /** Default: `"A4"`. */
    size?: 'A3' | 'A4' | 'A5' | 'Letter' | 'Legal';
    /** Default: `"portrait"`. */
    orientation?: 'portrait' | 'landscape';
    /** Default: `"20mm"`. */
    margin?: string;
  };
  /** Default: `""`. */
  header?: string;
  footer?: string;
  /** Default: `false`. */
  outline?: boolean;
  /** Default: `false`. */
  strict?: boolean;
  profile?: 'PDF/A-2b' | 'PDF/A-3b' | 'PDF/UA-1';
  password?: string;
  einvoice?: 'factur-x' | 'xrechnung';
  /** Default: `[]`. */
  attachments?: ({
    filename: string;
    content: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    job: string;
    file?: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    upload: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename: string;
    file: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  })[];
  prepend?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  append?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  /** Default: `["pdf"]`. */
  formats?: ('pdf' | 'xlsx' | 'csv')[];
  /** Default: `false`. */
  preview?: boolean;
  splitBy?: string;
  fileName?: string;
  brand?: string | null;
  data: {
    userId: string;
    month: string;
    title?: string;
    name?: string;
    summary?: string;
    columns?: ({
      key: string;
      title?: string;
      align?: 'left' | 'center' | 'right';
      width?: string;
      format?: string;
      type?: 'text' | 'number' | 'date' | 'image';
      decimal?: '.' | ',';
      dateFormat?: string;
      hidden?: boolean;
      value?: string;
      group?: string;
      highlight?: ({
        when: {
          key?: string;
          is?: string | number | boolean | (string | number | boolean)[];
          isNot?: string | number | boolean | (string | number | boolean)[];
          above?: string | number;
          below?: string | number;
          atLeast?: string | number;
          atMost?: string | number;
          contains?: string;
          isEmpty?: boolean;
        };
        colour?: string;
        background?: string;
        bold?: boolean;
        row?: boolean;
      })[];
      pictures?: Record<string, string | {
        upload: string;
      } | {
        job: string;
        file?: string;
      }>;
    })[];
    /** Default: `[]`. */
    rows?: unknown[] | {
      file: string;
      encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
      delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
      skipRows?: number;
      header?: boolean;
      sheet?: string | number;
      decimal?: '.' | ',';
      dateFormat?: string;
    } | {
      url: string;
      encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
      delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
      skipRows?: number;
      header?: boolean;
      sheet?: string | number;
      decimal?: '.' | ',';
      dateFormat?: string;
    } | {
      upload: string;
      encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
      delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
      skipRows?: number;
      header?: boolean;
      sheet?: string | number;
      decimal?: '.' | ',';
      dateFormat?: string;
    } | {
      job: string;
      file?: string;
      encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1250' | 'windows-1251' | 'windows-1252' | 'windows-1253' | 'windows-1254' | 'windows-1255' | 'windows-1256' | 'windows-1257' | 'windows-1258' | 'iso-8859-2' | 'iso-8859-5' | 'iso-8859-7' | 'iso-8859-15' | 'macintosh' | 'koi8-r' | 'koi8-u' | 'ibm866' | 'shift_jis' | 'euc-jp' | 'euc-kr' | 'gbk' | 'gb18030' | 'big5';
      delimiter?: ',' | ';' | '	' | '|' | ':' | '^' | '~';
      skipRows?: number;
      header?: boolean;
      sheet?: string | number;
      decimal?: '.' | ',';
      dateFormat?: string;
    };
    totals?: Record<string, 'sum' | 'avg' | 'min' | 'max' | 'count'>;
    sums?: boolean;
    groupBy?: string;
    carry?: string;
    filter?: ({
      key: string;
      is?: string | number | boolean | (string | number | boolean)[];
      isNot?: string | number | boolean | (string | number | boolean)[];
      above?: string | number;
      below?: string | number;
      atLeast?: string | number;
      atMost?: string | number;
      contains?: string;
      isEmpty?: boolean;
    })[];
    sort?: ({
      key: string;
      /** Default: `"ascending"`. */
      order?: 'ascending' | 'descending';
    })[];
    zebra?: boolean;
    /** Default: `[]`. */
    charts?: ({
      chart: 'bar' | 'stackedBar' | 'line' | 'area' | 'pie';
      /** Default: `false`. */
      donut?: boolean;
      /** Default: `false`. */
      horizontal?: boolean;
      stack?: 'none' | 'stacked' | 'percent';
      /** Default: `"linear"`. */
      scale?: 'linear' | 'log';
      /** Default: `[]`. */
      lines?: {
        value: number;
        /** Default: `""`. */
        label?: string;
      }[];
      title?: string;
      format?: string;
      rightFormat?: string;
      height?: string;
      alt?: string;
      categories?: (string | number)[];
      series?: ({
        /** Default: `""`. */
        name?: string;
        values: (number | null)[];
        chart?: 'bar' | 'line';
        axis?: 'left' | 'right';
      })[];
      category?: string;
      value?: string | (string | {
        key: string;
        name?: string;
        chart?: 'bar' | 'line';
        axis?: 'left' | 'right';
      })[];
      by?: 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';
      decimal?: '.' | ',';
      dateFormat?: string;
      filter?: ({
        key: string;
        is?: string | number | boolean | (string | number | boolean)[];
        isNot?: string | number | boolean | (string | number | boolean)[];
        above?: string | number;
        below?: string | number;
        atLeast?: string | number;
        atMost?: string | number;
        contains?: string;
        isEmpty?: boolean;
      })[];
      limit?: number;
    })[];
  };
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
} | {
  template: 'invoice';
  /** Default: `"en-US"`. */
  locale?: string;
  lang?: string;
  timeZone?: string;
  words?: {
    /** In English: Page {page} of {pages} */
    footer?: string;
    /** In English: Total */
    total?: string;
    /** In English: Average */
    average?: string;
    /** In English: Minimum */
    minimum?: string;
    /** In English: Maximum */
    maximum?: string;
    /** In English: Count */
    count?: string;
    /** In English: Yes */
    yes?: string;
    /** In English: No */
    no?: string;
    /** In English: Monthly report */
    monthlyReport?: string;
    /** In English: User */
    user?: string;
    /** In English: Name */
    name?: string;
    /** In English: Period */
    period?: string;
    /** In English: Created */
    created?: string;
    /** In English: Entries */
    entries?: string;
    /** In English: Details */
    details?: string;
    /** In English: Contents */
    contents?: string;
    /** In English: Subtotal */
    subtotal?: string;
    /** In English: No data */
    noData?: string;
    /** In English: Other */
    other?: string;
    /** In English: Bar chart */
    barChart?: string;
    /** In English: Line chart */
    lineChart?: string;
    /** In English: Area chart */
    areaChart?: string;
    /** In English: Pie chart */
    pieChart?: string;
    /** In English: lowest */
    lowest?: string;
    /** In English: highest */
    highest?: string;
    /** In English: Invoice */
    invoice?: string;
    /** In English: Credit note */
    creditNote?: string;
    /** In English: Invoice number */
    invoiceNumber?: string;
    /** In English: Credit note number */
    creditNoteNumber?: string;
    /** In English: Date */
    issued?: string;
    /** In English: Due date */
    due?: string;
    /** In English: Bill to */
    buyer?: string;
    /** In English: Description */
    description?: string;
    /** In English: Quantity */
    quantity?: string;
    /** In English: Unit price */
    unitPrice?: string;
    /** In English: VAT */
    vat?: string;
    /** In English: Amount */
    amount?: string;
    /** In English: Total excl. VAT */
    netTotal?: string;
    /** In English: VAT {rate} of {net} */
    vatOf?: string;
    /** In English: Amount due */
    amountDue?: string;
    /** In English: Amount credited */
    amountCredited?: string;
    /** In English: Payment */
    payment?: string;
    /** In English: Account */
    account?: string;
    /** In English: BIC */
    bic?: string;
    /** In English: Reference */
    reference?: string;
    /** In English: Terms */
    terms?: string;
    /** In English: Notes */
    notes?: string;
    /** In English: VAT ID */
    vatId?: string;
    /** In English: Company no. */
    orgNumber?: string;
    /** In English: Email */
    email?: string;
    /** In English: Date of delivery */
    deliveryDate?: string;
    /** In English: Period of delivery */
    deliveryPeriod?: string;
    /** In English: Delivered to */
    deliveryAddress?: string;
    /** In English: Contact */
    contact?: string;
    /** In English: Customer number */
    customerNumber?: string;
    /** In English: Your reference */
    buyerReference?: string;
    /** In English: Order number */
    orderNumber?: string;
    /** In English: Contract number */
    contractNumber?: string;
    /** In English: Project number */
    projectNumber?: string;
    /** In English: Delivery note */
    deliveryNote?: string;
    /** In English: Original invoice */
    precedingInvoice?: string;
    /** In English: Tax number */
    taxNumber?: string;
    /** In English: Item no. */
    itemNumber?: string;
    /** In English: Your item no. */
    buyerItemNumber?: string;
    /** In English: Discount */
    discount?: string;
    /** In English: Charge */
    charge?: string;
    /** In English: Sum of lines */
    linesTotal?: string;
    /** In English: incl. VAT */
    withVat?: string;
    /** In English: Total incl. VAT */
    grossTotal?: string;
    /** In English: Incl. VAT {rate} on {net} */
    vatIncluded?: string;
    /** In English: Already paid */
    prepaid?: string;
    /** In English: Rounding */
    rounding?: string;
    /** In English: VAT in {currency} */
    vatInCurrency?: string;
    /** In English: Reverse charge */
    reverseCharge?: string;
    /** In English: Intra-Community supply */
    intraCommunity?: string;
    /** In English: Export outside the EU */
    exportOutsideEu?: string;
    /** In English: Not subject to VAT */
    outOfScope?: string;
    /** In English: Means of payment */
    paymentMeans?: string;
    /** In English: Bank transfer */
    transfer?: string;
    /** In English: Direct debit */
    directDebit?: string;
    /** In English: Mandate reference */
    mandate?: string;
    /** In English: Creditor identifier */
    creditorId?: string;
    /** In English: Debited account */
    debitedAccount?: string;
    /** In English: Card */
    card?: string;
    /** In English: Cash */
    cash?: string;
    /** In English: Cheque */
    cheque?: string;
    /** In English: Online payment */
    online?: string;
    /** In English: Refund to account */
    refundAccount?: string;
    /** In English: Carried forward */
    carriedForward?: string;
    /** In English: Brought forward */
    broughtForward?: string;
    /** In English: Scan to pay */
    scanToPay?: string;
    /** In English: Total of {read} of {all} rows */
    partialTotal?: string;
    /** In English: Chart of {read} of {all} rows */
    partialChart?: string;
    /** In English: {count} is no number */
    noNumber?: string;
    /** In English: {count} are no numbers */
    noNumbers?: string;
    /** In English: {count} has no date */
    noDate?: string;
    /** In English: {count} have no date */
    noDates?: string;
    /** In English: Q{quarter} {year} */
    quarter?: string;
    /** In English: Values of 0 and below are not shown: {count} */
    notPositive?: string;
  };
  /** Default: `{}`. */
  page?: {
    /** Default: `"A4"`. */
    size?: 'A3' | 'A4' | 'A5' | 'Letter' | 'Legal';
    /** Default: `"portrait"`. */
    orientation?: 'portrait' | 'landscape';
    /** Default: `"20mm"`. */
    margin?: string;
  };
  /** Default: `""`. */
  header?: string;
  footer?: string;
  /** Default: `false`. */
  outline?: boolean;
  /** Default: `false`. */
  strict?: boolean;
  profile?: 'PDF/A-2b' | 'PDF/A-3b' | 'PDF/UA-1';
  password?: string;
  einvoice?: 'factur-x' | 'xrechnung';
  /** Default: `[]`. */
  attachments?: ({
    filename: string;
    content: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    job: string;
    file?: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    upload: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename: string;
    file: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  })[];
  prepend?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  append?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  /** Default: `["pdf"]`. */
  formats?: ('pdf' | 'xlsx' | 'csv')[];
  /** Default: `false`. */
  preview?: boolean;
  splitBy?: string;
  fileName?: string;
  brand?: string | null;
  data: {
    type?: 'invoice' | 'credit-note';
    number: string;
    issued: string;
    due?: string;
    delivered?: string | {
      from?: string;
      to?: string;
    };
    currency: string;
    seller: {
      name: string;
      /** Default: `[]`. */
      address?: string[];
      postalCode?: string;
      city?: string;
      country?: string;
      vatId?: string;
      orgNumber?: string;
      email?: string;
      contact?: {
        name?: string;
        phone?: string;
        email?: string;
      };
      electronicAddress?: {
        scheme: string;
        id: string;
      };
      taxNumber?: string;
    };
    logo?: {
      content: string;
    } | {
      job: string;
      file?: string;
    } | {
      upload: string;
    };
    buyer: {
      name: string;
      /** Default: `[]`. */
      address?: string[];
      postalCode?: string;
      city?: string;
      country?: string;
      vatId?: string;
      orgNumber?: string;
      email?: string;
      contact?: {
        name?: string;
        phone?: string;
        email?: string;
      };
      electronicAddress?: {
        scheme: string;
        id: string;
      };
      customerNumber?: string;
    };
    deliveryAddress?: {
      name?: string;
      /** Default: `[]`. */
      address?: string[];
      postalCode?: string;
      city?: string;
      country?: string;
    };
    buyerReference?: string;
    orderNumber?: string;
    contractNumber?: string;
    projectNumber?: string;
    deliveryNote?: string;
    /** Default: `[]`. */
    preceding?: {
      number: string;
      issued?: string;
    }[];
    lines: ({
      description: string;
      note?: string;
      itemNumber?: string;
      buyerItemNumber?: string;
      period?: {
        from?: string;
        to?: string;
      };
      /** Default: `1`. */
      quantity?: number | string;
      unit?: string;
      unitPrice: number | string;
      discount?: {
        amount?: number | string;
        percent?: number | string;
        reason?: string;
      };
      charge?: {
        amount?: number | string;
        percent?: number | string;
        reason?: string;
      };
      vat?: number | string;
      vatCategory?: 'S' | 'Z' | 'E' | 'AE' | 'K' | 'G' | 'O' | 'L' | 'M';
    })[];
    /** Default: `false`. */
    pricesIncludeVat?: boolean;
    /** Default: `[]`. */
    discounts?: ({
      amount?: number | string;
      percent?: number | string;
      reason?: string;
      vat?: number | string;
      vatCategory?: 'S' | 'Z' | 'E' | 'AE' | 'K' | 'G' | 'O' | 'L' | 'M';
    })[];
    /** Default: `[]`. */
    charges?: ({
      amount?: number | string;
      percent?: number | string;
      reason?: string;
      vat?: number | string;
      vatCategory?: 'S' | 'Z' | 'E' | 'AE' | 'K' | 'G' | 'O' | 'L' | 'M';
    })[];
    /** Default: `[]`. */
    exemptions?: ({
      category: 'E' | 'AE' | 'K' | 'G' | 'O';
      reason?: string;
      code?: string;
    })[];
    prepaid?: number | string;
    rounding?: number | string;
    roundTo?: number | string;
    vatCurrency?: {
      currency: string;
      exchangeRate?: number | string;
      amount?: number | string;
    };
    payment?: {
      means?: 'transfer' | 'direct-debit' | 'card' | 'cash' | 'cheque' | 'online';
      account?: string;
      bic?: string;
      mandate?: string;
      creditorId?: string;
      debitedAccount?: string;
      refundAccount?: string;
      reference?: string;
      terms?: string;
      qr?: 'epc' | 'swiss';
    };
    notes?: string;
  };
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
} | {
  /** The name of a stored template, or of a version of it: `sales@3`. */
  template: string;
  /** Default: `"en-US"`. */
  locale?: string;
  lang?: string;
  timeZone?: string;
  words?: {
    /** In English: Page {page} of {pages} */
    footer?: string;
    /** In English: Total */
    total?: string;
    /** In English: Average */
    average?: string;
    /** In English: Minimum */
    minimum?: string;
    /** In English: Maximum */
    maximum?: string;
    /** In English: Count */
    count?: string;
    /** In English: Yes */
    yes?: string;
    /** In English: No */
    no?: string;
    /** In English: Monthly report */
    monthlyReport?: string;
    /** In English: User */
    user?: string;
    /** In English: Name */
    name?: string;
    /** In English: Period */
    period?: string;
    /** In English: Created */
    created?: string;
    /** In English: Entries */
    entries?: string;
    /** In English: Details */
    details?: string;
    /** In English: Contents */
    contents?: string;
    /** In English: Subtotal */
    subtotal?: string;
    /** In English: No data */
    noData?: string;
    /** In English: Other */
    other?: string;
    /** In English: Bar chart */
    barChart?: string;
    /** In English: Line chart */
    lineChart?: string;
    /** In English: Area chart */
    areaChart?: string;
    /** In English: Pie chart */
    pieChart?: string;
    /** In English: lowest */
    lowest?: string;
    /** In English: highest */
    highest?: string;
    /** In English: Invoice */
    invoice?: string;
    /** In English: Credit note */
    creditNote?: string;
    /** In English: Invoice number */
    invoiceNumber?: string;
    /** In English: Credit note number */
    creditNoteNumber?: string;
    /** In English: Date */
    issued?: string;
    /** In English: Due date */
    due?: string;
    /** In English: Bill to */
    buyer?: string;
    /** In English: Description */
    description?: string;
    /** In English: Quantity */
    quantity?: string;
    /** In English: Unit price */
    unitPrice?: string;
    /** In English: VAT */
    vat?: string;
    /** In English: Amount */
    amount?: string;
    /** In English: Total excl. VAT */
    netTotal?: string;
    /** In English: VAT {rate} of {net} */
    vatOf?: string;
    /** In English: Amount due */
    amountDue?: string;
    /** In English: Amount credited */
    amountCredited?: string;
    /** In English: Payment */
    payment?: string;
    /** In English: Account */
    account?: string;
    /** In English: BIC */
    bic?: string;
    /** In English: Reference */
    reference?: string;
    /** In English: Terms */
    terms?: string;
    /** In English: Notes */
    notes?: string;
    /** In English: VAT ID */
    vatId?: string;
    /** In English: Company no. */
    orgNumber?: string;
    /** In English: Email */
    email?: string;
    /** In English: Date of delivery */
    deliveryDate?: string;
    /** In English: Period of delivery */
    deliveryPeriod?: string;
    /** In English: Delivered to */
    deliveryAddress?: string;
    /** In English: Contact */
    contact?: string;
    /** In English: Customer number */
    customerNumber?: string;
    /** In English: Your reference */
    buyerReference?: string;
    /** In English: Order number */
    orderNumber?: string;
    /** In English: Contract number */
    contractNumber?: string;
    /** In English: Project number */
    projectNumber?: string;
    /** In English: Delivery note */
    deliveryNote?: string;
    /** In English: Original invoice */
    precedingInvoice?: string;
    /** In English: Tax number */
    taxNumber?: string;
    /** In English: Item no. */
    itemNumber?: string;
    /** In English: Your item no. */
    buyerItemNumber?: string;
    /** In English: Discount */
    discount?: string;
    /** In English: Charge */
    charge?: string;
    /** In English: Sum of lines */
    linesTotal?: string;
    /** In English: incl. VAT */
    withVat?: string;
    /** In English: Total incl. VAT */
    grossTotal?: string;
    /** In English: Incl. VAT {rate} on {net} */
    vatIncluded?: string;
    /** In English: Already paid */
    prepaid?: string;
    /** In English: Rounding */
    rounding?: string;
    /** In English: VAT in {currency} */
    vatInCurrency?: string;
    /** In English: Reverse charge */
    reverseCharge?: string;
    /** In English: Intra-Community supply */
    intraCommunity?: string;
    /** In English: Export outside the EU */
    exportOutsideEu?: string;
    /** In English: Not subject to VAT */
    outOfScope?: string;
    /** In English: Means of payment */
    paymentMeans?: string;
    /** In English: Bank transfer */
    transfer?: string;
    /** In English: Direct debit */
    directDebit?: string;
    /** In English: Mandate reference */
    mandate?: string;
    /** In English: Creditor identifier */
    creditorId?: string;
    /** In English: Debited account */
    debitedAccount?: string;
    /** In English: Card */
    card?: string;
    /** In English: Cash */
    cash?: string;
    /** In English: Cheque */
    cheque?: string;
    /** In English: Online payment */
    online?: string;
    /** In English: Refund to account */
    refundAccount?: string;
    /** In English: Carried forward */
    carriedForward?: string;
    /** In English: Brought forward */
    broughtForward?: string;
    /** In English: Scan to pay */
    scanToPay?: string;
    /** In English: Total of {read} of {all} rows */
    partialTotal?: string;
    /** In English: Chart of {read} of {all} rows */
    partialChart?: string;
    /** In English: {count} is no number */
    noNumber?: string;
    /** In English: {count} are no numbers */
    noNumbers?: string;
    /** In English: {count} has no date */
    noDate?: string;
    /** In English: {count} have no date */
    noDates?: string;
    /** In English: Q{quarter} {year} */
    quarter?: string;
    /** In English: Values of 0 and below are not shown: {count} */
    notPositive?: string;
  };
  /** Default: `{}`. */
  page?: {
    /** Default: `"A4"`. */
    size?: 'A3' | 'A4' | 'A5' | 'Letter' | 'Legal';
    /** Default: `"portrait"`. */
    orientation?: 'portrait' | 'landscape';
    /** Default: `"20mm"`. */
    margin?: string;
  };
  /** Default: `""`. */
  header?: string;
  footer?: string;
  /** Default: `false`. */
  outline?: boolean;
  /** Default: `false`. */
  strict?: boolean;
  profile?: 'PDF/A-2b' | 'PDF/A-3b' | 'PDF/UA-1';
  password?: string;
  einvoice?: 'factur-x' | 'xrechnung';
  /** Default: `[]`. */
  attachments?: ({
    filename: string;
    content: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    job: string;
    file?: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename?: string;
    upload: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  } | {
    filename: string;
    file: string;
    type?: string;
    description?: string;
    /** Default: `"Unspecified"`. */
    relationship?: 'Unspecified' | 'Source' | 'Data' | 'Alternative' | 'Supplement';
  })[];
  prepend?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  append?: ({
    upload: string;
  } | {
    job: string;
    file?: string;
  })[];
  /** Default: `["pdf"]`. */
  formats?: ('pdf' | 'xlsx' | 'csv')[];
  /** Default: `false`. */
  preview?: boolean;
  splitBy?: string;
  fileName?: string;
  brand?: string | null;
  /** What it is filled with. */
  data?: Record<string, unknown>;
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
};

export interface EmailsRequest {
  /** Sender; without it the deployment’s EMAILS_FROM. */
  from?: string | {
    name?: string;
    address: string;
  };
  /** One address or a list; at most 50 over to, cc and bcc. */
  to?: string | {
    name?: string;
    address: string;
  } | (string | {
    name?: string;
    address: string;
  })[];
  /** Like `to`. */
  cc?: string | {
    name?: string;
    address: string;
  } | (string | {
    name?: string;
    address: string;
  })[];
  /** Like `to`; no recipient sees it. */
  bcc?: string | {
    name?: string;
    address: string;
  } | (string | {
    name?: string;
    address: string;
  })[];
  /** Where answers go. */
  replyTo?: string | {
    name?: string;
    address: string;
  };
  /** One line. Needed, unless the template has a subject of its own. */
  subject?: string;
  /** The mail as plain text. One of `text`, `html`, `markdown` and `template` is needed. */
  text?: string;
  /** The mail as HTML; without `text` beside it, the text part follows from it. */
  html?: string;
  /** The mail as Markdown: its HTML and its text are made of it. HTML in it is shown as text. */
  markdown?: string;
  /** A template of `views/emails/`, which makes HTML, text and subject of `variables`. */
  template?: 'notification' | 'report-ready' | string;
  /** What the template shows; escaped where it stands in HTML. */
  variables?: Record<string, unknown>;
  /** The language of what the mail adds by itself, such as "Unsubscribe". Without it: `lang` of `variables`, else English. */
  lang?: string;
  /** True: what the style sheets of the HTML say stands in its elements too, for mail programs that read no style sheets. */
  inlineCss?: boolean;
  /** A brand, in the place of that of the key; null: none. Its logo, colours, sender and postal address stand in templates and Markdown. */
  brand?: string | null;
  /** Default: `[]`. */
  attachments?: {
    /** The name the recipient sees. */
    filename: string;
    /** Shows a picture in the HTML, where it says `src="cid:<this name>"`. */
    cid?: string;
    /** The content in base64 (RFC 4648). */
    content?: string;
    /** Media type of `content`; without it, it follows from the file name's extension. */
    type?: string;
    /** A job whose result file is attached; the mail waits until that job has completed. */
    job?: string;
    /** The upload that is attached; it knows its media type. */
    upload?: string;
    /** Which result file of `job`, by its name with or without extension; needed if it has several. */
    file?: string;
    /** When the file can not be had by the deadline: the mail goes with a link to it instead. */
    fallback?: 'link';
    /** The mail waits for `job` until then; without it, for two days. */
    deadline?: string;
  }[];
  /** An invitation: beside the text, where mail programs offer to answer it, and as a file. */
  calendar?: {
    /** What the calendar does with it; `REQUEST` invites, `CANCEL` takes that back. */
    method: 'PUBLISH' | 'REQUEST' | 'REPLY' | 'ADD' | 'CANCEL' | 'REFRESH' | 'COUNTER' | 'DECLINECOUNTER';
    /** The event as iCalendar (RFC 5545), with the same METHOD. */
    content: string;
  };
  /** When the connection ended before the answer: leave it at that, or send once more. Default: `"hold"`. */
  onUnknown?: 'hold' | 'resend';
  /** Further headers: X-..., List-Id, In-Reply-To and a few more. Default: `{}`. */
  headers?: Record<string, string>;
  /** What sort of mail this is, `newsletter` for example; default `transactional`. Who unsubscribes leaves one stream. Mails of any other stream than `transactional` can be unsubscribed by one click (RFC 8058). */
  messageStream?: string;
  /** Whether the mail has our unsubscribe link; default: where `messageStream` asks for it. */
  unsubscribe?: boolean;
  /** Your own address for unsubscribing by one click (RFC 8058), in the place of ours. */
  unsubscribeUrl?: string;
  /** True: nothing is sent; the result shows the mail as it would have been sent. */
  dryRun?: boolean;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
}

export interface CallsRequest {
  /** Where to. Public hosts by https, and what the setting CALLS_ALLOW names. */
  url: string;
  /** GET unless given, with a body POST. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Name to value. `{{secret.name}}` in a value stands for a secret of yours. */
  headers?: Record<string, string>;
  /** The body as JSON. */
  json?: unknown;
  /** The body as text. */
  body?: string;
  /** The body is an upload, `{upload}`, or a result file of another job, `{job, file}`, which is waited for. */
  source?: {
    upload?: string;
    job?: string;
    file?: string;
  };
  /** For one attempt, until the whole answer is there: 20s, 10m. Default: `"20s"`. */
  timeout?: string;
  /** The statuses that complete the job. Default: `["2xx"]`. */
  success?: string[];
  /** Default: `{}`. */
  retry?: {
    /** What is tried again: `network` (no connection came about), statuses, classes. Default: `["network","408","429","5xx"]`. */
    on?: string[];
    /** Attempts in all. Default: `10`. */
    max?: number;
  };
  /** Limits over all workers, of your calls with that key. */
  rate?: {
    /** What the limits are for: the host of an API, an account. Your own name. */
    key: string;
    /** So many calls in a time, evenly spread: `10/1s`, `100/m`, `1000/1h`. */
    limit?: string;
    /** So many calls at once. */
    concurrency?: number;
  };
  /** When the connection ended after the request was sent: send it again, or leave it at that. Default: `"resend"`. */
  onUnknown?: 'resend' | 'hold';
  /** True: signed as webhooks are, with your key's secret. Default: `false`. */
  sign?: boolean;
  /** So many redirects are followed. Default: `0`. */
  redirects?: number;
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
}

export interface FlowsRequest {
  /** Jobs that may need files of each other. */
  steps: {
    /** What other steps, and people, call it. */
    name: string;
    /** The kind of its jobs. */
    kind: string;
    /** The body that a job of the kind is posted with. `{"step": "report"}` stands where a file of a job could: for the file of that step. With `forEach`, `{"row": "path"}` stands for a value of the row, and `{{row.path}}` for one within a text. */
    input: unknown;
  }[];
  /** Has the steps done for each row; without it they are done once. */
  forEach?: {
    /** A file of rows: NDJSON (a JSON object on each line), a list of JSON objects, CSV, XLSX or ODS. */
    upload?: string;
    /** Such a file elsewhere, which is fetched when the flow begins, from a host that FETCH_ALLOW names. */
    url?: string;
    /** The rows themselves. More of them, or more than 1 MB, are sent as an upload. */
    rows?: unknown[];
    /** Of a workbook: which sheet; without it the first that has something. */
    sheet?: string | number;
    /** A row as those of the file will be: the steps are checked with it where the file is not read before. */
    example?: unknown;
  };
  /** True: all rows are checked before the first job; where one can not be used, nothing is begun. Default: `false`. */
  strict?: boolean;
  /** Whose data this is: a label to find and erase jobs by. */
  subject?: string;
  /** Up to 10 labels. */
  tags?: string[];
  /** Any JSON object of up to 2 KB; given back as it came. */
  metadata?: Record<string, unknown>;
  /** Not before this moment. */
  runAt?: string;
  /** Useless after this moment: the job then fails as `expired` without running. */
  expiresAt?: string;
  /** Told when the job has ended (a webhook). */
  callbackUrl?: string;
  /** Where the files are sent when the job has completed, each by a PUT: `{url, headers}` of its one file, or one by the name of each, with or without extension. To hosts that the setting DELIVER_ALLOW names. */
  deliverTo?: {
    url?: string;
    headers?: Record<string, string>;
    [name: string]: unknown;
  };
  /** Which of the waiting jobs run first; those of one priority run in turns of callers. Default: `"normal"`. */
  priority?: 'high' | 'normal' | 'low';
}

export interface ToldJobEvent {
  type: 'job.completed' | 'job.failed' | 'job.cancelled';
  timestamp: string;
  data: Job;
}

export interface ToldFlowEvent {
  type: 'flow.completed' | 'flow.failed' | 'flow.cancelled';
  timestamp: string;
  data: Job;
}

export interface ToldBatchEvent {
  type: 'batch.completed';
  timestamp: string;
  data: {
    kind: string;
    total: number;
    counts: {
      completed: number;
      failed: number;
      cancelled: number;
      erased: number;
    };
    /** Those that were accepted, in the order of the entries. */
    jobs: ({
      id: string;
      state: 'completed' | 'failed' | 'cancelled' | 'erased';
    })[];
  };
}

export interface ToldMailEvent {
  type: 'mail.delivered' | 'mail.deferred' | 'mail.bounced' | 'mail.complained';
  timestamp: string;
  data: {
    /** The mail; null where it is not known. */
    job: string | null;
    address: string;
    state: string;
    /** What it is about: the recipient, the sender, the content, the relay, the rate. */
    class: string | null;
    code: number | null;
    status: string | null;
    response: string | null;
    at: string;
    subject: string | null;
    tags: string[];
    /** As the mail was posted with. */
    metadata: Record<string, unknown>;
  };
}

export interface ToldUnsubscribedEvent {
  type: 'mail.unsubscribed';
  timestamp: string;
  data: {
    address: string;
    /** Null: all mail of the caller's. */
    messageStream: string | null;
    at: string;
  };
}

export interface ToldScheduleEvent {
  type: 'schedule.missed' | 'schedule.refused' | 'schedule.paused';
  timestamp: string;
  data: {
    name: string;
    /** The kind of what it runs; `flows` for a flow. */
    kind: string;
    /** The time that it is about, or the first of several; null for a pause. */
    scheduledAt: string | null;
    /** The last of several times that were missed; else null. */
    until: string | null;
    error: {
      code: string;
      detail: string;
    };
  };
}

export interface ImagesBatch {
  /** The id of the batch; null where no entry was accepted. */
  id: string | null;
  items: ({
    status: 202;
    job: Job;
    /** True: the job is the one of an earlier request. */
    replayed?: boolean;
  } | {
    /** As if the entry had been posted alone. */
    status: number;
    problem: Problem;
  })[];
}

export interface FailedRow {
  /** Its line in the file, its place in the list; 0 in a flow for one. */
  row: number;
  /** The step that failed. */
  step: string;
  /** The job of that step; null where the row can not be used, and none was made. */
  job: string | null;
  error: {
    code: string;
    detail: string;
  };
}

/** What a caller posts. */
export type Kind = keyof Bodies;

/** What a job of each kind is asked for with. */
export interface Bodies {
  images: ImagesRequest;
  reports: ReportsRequest;
  emails: EmailsRequest;
  calls: CallsRequest;
  flows: FlowsRequest;
}

/** A job of one kind. */
export type JobOf<K extends Job['kind']> = Extract<Job, { kind: K }>;

/** What waiting for a job returns: the same kind, with its result. */
export type EndedJob<J> = J extends Job ? J & { result: NonNullable<J['result']> } : Job;

/** What became of each entry of a batch. */
export type Batch = ImagesBatch;

/** What a webhook tells. */
export type WebhookEvent =
  | ToldJobEvent
  | ToldFlowEvent
  | ToldBatchEvent
  | ToldMailEvent
  | ToldUnsubscribedEvent
  | ToldScheduleEvent;

/** Which jobs are listed. */
export interface Filter {
  kind?: Job['kind'];
  state?: Job['state'];
  subject?: string;
  tag?: string;
  batch?: string;
  flow?: string;
  schedule?: string;
  error?: string;
  /** With all these words. */
  q?: string;
  /** RFC 3339. */
  createdAfter?: string;
  /** RFC 3339. */
  createdBefore?: string;
  /** How many come with one request. */
  limit?: number;
  /** For how long the addresses of files shall need no key: `15m`. */
  signed?: string;
}

import type { ErrorCode } from '../../../errors.ts';

/**
 * Where a code is met: as the `answer` to a request, as the `error` of a job that failed, or as the `lastError` of one that
 * goes on by itself.
 */
export type Seen = 'answer' | 'job' | 'wait';

/** What an error code means to who meets it. Backticks hold code. */
export interface ErrorHelp {
  seen: readonly Seen[];
  means: string;
  /** What to do about it. */
  mend: string;
}

const help = (seen: Seen | readonly Seen[], means: string, mend: string): ErrorHelp => ({
  seen: [seen].flat(),
  means,
  mend,
});

const NOTHING = 'Nothing: it goes on by itself.';

/** Every code, for the page that explains them. */
export const ERROR_HELP: Readonly<Record<ErrorCode, ErrorHelp>> = {
  invalid_request: help(
    ['answer', 'job'],
    'A field, a parameter or the body is not what the route takes. Nothing was accepted.',
    '`errors` names each faulty field and its limit: mend these. Sent again as it was, it is refused again.',
  ),
  unauthorized: help(
    'answer',
    'There was no API key, or one that is not known or was revoked.',
    'Send `Authorization: Bearer <key>`, and look whether the whole key went along.',
  ),
  token_expired: help(
    'answer',
    'The upload token is not known, has expired or was ended.',
    'Have your application ask for another one (`POST /v1/upload-tokens`).',
  ),
  forbidden: help(
    'answer',
    'The key is known and may not do this: it lacks a scope, or asks for what another key owns.',
    'Use a key with the scope that `detail` names, or have an operator make one.',
  ),
  origin_refused: help(
    'answer',
    'The upload token serves no page of the origin that asked.',
    'Name the origin in `origins` when the token is made: scheme, host and port as the browser shows them.',
  ),
  token_used_up: help(
    'answer',
    'As many files or bytes were sent with the upload token as it is good for.',
    'Ask for another token, or for one with a larger `maxFiles` or `maxTotalBytes`.',
  ),
  not_found: help(
    ['answer', 'job'],
    'There is nothing at this address for this key: it never was, was erased, or belongs to another key.',
    'Look at the id, and whether the key is the one that made it.',
  ),
  method_not_allowed: help(
    'answer',
    'The address is there and takes other methods.',
    '`Allow` in the answer has those that it takes.',
  ),
  request_timeout: help(
    'answer',
    'The request came too slowly, or stopped before its end. Nothing was accepted.',
    'Send it again; on slow lines in pieces (uploads by tus), which go on where they stopped.',
  ),
  conflict: help(
    'answer',
    'What is there does not go with what was asked: it has another state, number or offset, or a limit of names was reached.',
    '`detail` says what is there. Read it anew, and ask for what fits.',
  ),
  upload_unfinished: help(
    'answer',
    'The request names an upload of which not all bytes have come yet.',
    'Send the rest of the upload, then ask again after `Retry-After`.',
  ),
  upload_taken_over: help(
    'answer',
    'A newer request writes at the same upload, and this one was ended for it.',
    'Ask for the offset by `HEAD`, and go on from there, by one request at a time.',
  ),
  retry_useless: help(
    'answer',
    'Running the job again can not help: its upload could not be used, or what it needs is gone.',
    'Mend what `detail` names, and post a new job.',
  ),
  result_expired: help(
    'answer',
    'It was there and is not kept any more: `RESULT_TTL` is over, or it made room for newer ones.',
    'Post it anew, and download results soon after their jobs have ended.',
  ),
  precondition_failed: help(
    'answer',
    'It is not the version that `If-Match` names: somebody changed it meanwhile.',
    'Read it, look at what has changed, and send its new `ETag`.',
  ),
  payload_too_large: help(
    ['answer', 'job'],
    'The body, a file in it, or the files of a mail together have more bytes than the limit, or a picture more pixels; `detail` names it.',
    'Send less, or have an operator raise the limit.',
  ),
  unsupported_media_type: help(
    ['answer', 'job'],
    'The body is of a type that the route does not take, or a file is of no type that the kind takes.',
    'Look at `Content-Type`, and at the file itself, or what its address answers: it is judged by its first bytes, not by its name.',
  ),
  range_not_satisfiable: help(
    'answer',
    'The range begins behind the end of the file.',
    '`Content-Range` has its length: ask within it, or for the whole.',
  ),
  image_unreadable: help(
    ['answer', 'job'],
    'The file is no image that can be read: damaged, cut off, or with less in it than its head says.',
    'Open it with another program and save it anew, or ask your user for another file.',
  ),
  idempotency_mismatch: help(
    'answer',
    'The `Idempotency-Key` was used before, for another request.',
    'Use a new key for what is a new request; the same key goes with exactly the same request.',
  ),
  size_unmet: help(
    'job',
    'No quality brings the picture below `maxBytes`.',
    'Allow more bytes, ask for fewer pixels, or choose `webp` or `avif`.',
  ),
  report_failed: help(
    'job',
    'The report can not be made of what was sent; `detail` names the place.',
    'Mend the data or the template, and post it anew. With `strict` some warnings are errors.',
  ),
  mail_refused: help(
    'job',
    'The mail server said no for good to every recipient; `recipients` has its answers.',
    'Look at the addresses. An answer about the sender or the content is for who runs Heavylift.',
  ),
  template_failed: help(
    'job',
    'The template can not be filled with these data, or takes too much time or memory.',
    '`detail` has the line and what is wrong there. The preview of a template shows it before a mail is sent.',
  ),
  recipient_suppressed: help(
    'job',
    'Every recipient is on the suppression list: after a bounce, a complaint, or having unsubscribed.',
    'Do not send to them. Who wants mail again is lifted by `DELETE /v1/suppressions/{address}`.',
  ),
  source_unavailable: help(
    ['answer', 'job'],
    'What the job needs can not be had: a host answered no, an upload was erased, the job before it failed or has no such file.',
    '`detail` says which. Mend that, and post the job anew.',
  ),
  source_unreachable: help(
    ['answer', 'job', 'wait'],
    'A host that a file is fetched from did not answer, or answered 5xx or 429.',
    'The job is tried again by itself. After its last attempt: look at the host, then retry the job.',
  ),
  webhook_refused: help(
    'job',
    'The address of the webhook may not be sent to: it is private, resolves to such an address, or has a wrong port.',
    'Use a public `https://` address; your own network is allowed by `WEBHOOKS_ALLOW`.',
  ),
  webhook_gone: help(
    'job',
    'The receiver answered 410: it wants no webhooks any more. An endpoint is paused by that.',
    'If that was a mistake, have it answer 2xx, let the endpoint go on (`PUT` with `paused` false), and send the webhook again.',
  ),
  webhook_failed: help(
    ['job', 'wait'],
    'The receiver did not answer 2xx.',
    'It is sent again for days, with growing pauses. Mend the receiver; it can be sent at once from the page of the job.',
  ),
  delivery_refused: help(
    'job',
    'The host of `deliverTo` does not take the file, or may not be sent to.',
    'Look at its answer in `detail`. Addresses that are signed for a while may have expired: sign for longer.',
  ),
  delivery_failed: help(
    ['job', 'wait'],
    'The host of `deliverTo` did not answer, or answered 5xx or 429.',
    'It is tried again by itself. After its last attempt: look at the host, then retry the job.',
  ),
  call_refused: help(
    'job',
    'The called API answered with a status that is neither a success nor tried again, or its address may not be called.',
    '`answer` has its status and the beginning of its body: mend the request.',
  ),
  call_failed: help(
    ['job', 'wait'],
    'The called API did not answer, or with a status of `retry.on`, until the attempts were used up.',
    'Look at the API, then retry the job.',
  ),
  call_unknown: help(
    ['job', 'wait'],
    'The connection ended after the request was sent: whether the API has done it is not known.',
    'Look there. With `onUnknown: hold` retry the job once you know that it was not done.',
  ),
  flow_failed: help(
    'job',
    'Rows of the flow failed, or it could not go on; `detail` says how many, and why the first did.',
    'Look at `GET /v1/flows/{id}/rows`, mend the cause, then `POST .../retry`: what completed stays.',
  ),
  expired: help(
    'job',
    'The job had not been done by its `expiresAt`, or a mail by the end of its time.',
    'Post it anew, if it is still of use.',
  ),
  cancelled: help('job', 'Somebody cancelled the job.', 'Retry it, if that was a mistake.'),
  checksum_mismatch: help(
    'answer',
    'The bytes are not those that `Upload-Checksum` is of. None of this part is kept.',
    'Send the part again.',
  ),
  rate_limited: help(
    'answer',
    'The key, or the address, has asked for more than it may within the time. Nothing was accepted.',
    'Ask again after `Retry-After`; `RateLimit` says what is left. Many jobs in one request are a batch.',
  ),
  quota_exceeded: help(
    'answer',
    'The jobs of this key that wait, or the files that are kept for it, have come to their limit. Nothing was accepted.',
    '`limit` says which. Wait until jobs have ended (`GET /v1/usage`), erase results, or have the quota raised.',
  ),
  queue_full: help(
    'answer',
    'The queue has as many jobs as it may, or Redis is nearly full; of an address to suppress, their list is. Nothing was accepted.',
    'Ask again after `Retry-After`, with the same `Idempotency-Key`.',
  ),
  storage_full: help(
    ['answer', 'job', 'wait'],
    'The disk, or the bucket, has no room. Of a request nothing was accepted; a job waits for room.',
    'Ask again later; the operator has been told.',
  ),
  outcome_unknown: help(
    'answer',
    'The queue did not answer in time: the job may have been accepted. `links.self` is where it is then.',
    'Send the same request with the same `Idempotency-Key`, or look there after `Retry-After`.',
  ),
  queue_unavailable: help(
    'answer',
    'Redis can not be reached, or takes no writes. Nothing was accepted.',
    'Ask again after `Retry-After`, with the same `Idempotency-Key`.',
  ),
  storage_unavailable: help(
    ['answer', 'job', 'wait'],
    'The storage can not be reached, or a file in it can not be read to its end.',
    'Ask again after `Retry-After`. A job is tried again by itself and loses no attempt.',
  ),
  mail_relay_unavailable: help(
    ['job', 'wait'],
    'The mail server can not be reached, is closing, or does not accept our sign-in.',
    'Nothing: mails wait for it and lose no attempt. The operator has been told.',
  ),
  mail_sender_refused: help(
    ['job', 'wait'],
    'The mail server does not take mail of this sender.',
    'Use a `from` that it knows, or have the operator set the sender up there. Mails wait meanwhile.',
  ),
  mail_deferred: help(
    ['job', 'wait'],
    'The mail server said "later", or did not answer the whole mail.',
    'It is tried again by itself, for hours and days. A mail that may have arrived says so and is not sent twice.',
  ),
  mail_snoozed: help(
    'wait',
    "The mail waits for its turn: for the relay's rate, or behind mails of the same caller.",
    NOTHING,
  ),
  waiting_for_job: help(
    ['answer', 'wait'],
    'It needs what another job makes, which has not ended yet; as an answer, the picture of that address is being made.',
    'Nothing of a job: it goes on when that one has ended, and `waitingFor` names it. An answer: ask again after `Retry-After`.',
  ),
  upload_missing: help(
    'wait',
    'The worker does not see the file of the job: its storage is not that of the web process.',
    'Nothing; that is for who runs Heavylift. The job waits and loses no attempt.',
  ),
  later_version: help('wait', 'The job was accepted by a newer version than the worker is.', NOTHING),
  slots_full: help('wait', 'Other large jobs run, or other requests to the same host are under way.', NOTHING),
  timed_out: help(
    ['job', 'wait'],
    'The job ran longer than its limit, on each of its attempts.',
    'Send less in one job, or have the limit of the kind raised (`..._TIMEOUT_SECONDS`).',
  ),
  worker_lost: help(
    'job',
    'Five workers died while they ran this job, so it was given up.',
    'Its input is likely the cause: post it with a smaller or another file, and show it to who runs Heavylift.',
  ),
  worker_stalled: help(
    'job',
    'Workers stood still while they ran this job, so it was given up.',
    'As with `worker_lost`: its input is likely the cause.',
  ),
  interrupted: help(
    'wait',
    'The run was ended for a restart, or for a caller who had waited for long. It runs again.',
    NOTHING,
  ),
  internal: help(
    ['answer', 'job', 'wait'],
    'Something went wrong on our side. It has been logged under `requestId`.',
    'Try again; a job is tried again by itself. If it stays, give the `requestId`, or the id of the job, to who runs Heavylift.',
  ),
};

<?php

declare(strict_types=1);

namespace Heavylift;

use Heavylift\Exception\HeavyliftException;
use Heavylift\Exception\JobFailed;
use Heavylift\Exception\TimedOut;
use Heavylift\Exception\Unavailable;
use Heavylift\Exception\WebhookRefused;

/**
 * Asks one Heavylift with one key. Bodies and options are the API's own, as arrays; every method throws
 * HeavyliftException and the types below it. Where a method takes a job, that is its id, or the job as another method
 * returned it.
 */
final class Heavylift
{
    private const ENDED = ['completed', 'failed', 'cancelled'];
    /** Seconds that the server holds a question for a job's end; it holds none longer than 30. */
    private const HOLD = 25;
    /** A stream of events says something every 15 seconds. */
    private const SILENT = 45;
    private const TUS = ['Tus-Resumable' => '1.0.0'];

    private readonly Transport $transport;

    /**
     * @param ?string $url unless given, HEAVYLIFT_URL of the environment
     * @param ?string $key unless given, HEAVYLIFT_KEY of the environment
     * @param int $timeout seconds without a byte after which a connection counts as dead
     * @param int $retries how often what may pass is asked again
     * @param ?string $caFile a file with certificates of your own
     */
    public function __construct(
        ?string $url = null,
        #[\SensitiveParameter] ?string $key = null,
        int $timeout = 60,
        int $retries = 4,
        ?string $caFile = null,
    ) {
        $url ??= getenv('HEAVYLIFT_URL') ?: 'http://127.0.0.1:3000';
        $key ??= getenv('HEAVYLIFT_KEY') ?: '';
        if ($key === '') {
            throw new \InvalidArgumentException('key is missing: give it, or set HEAVYLIFT_KEY.');
        }
        $this->transport = new Transport($url, $key, $timeout, $retries, $caFile);
    }

    /**
     * Posts a job of a kind; returns it as it was accepted.
     *
     * @param array<string, mixed> $body
     * @param string|\SplFileInfo|resource|null $file of images, the picture: a path, a file of a framework, or a stream
     * @param ?string $idempotencyKey your own name for it, such as the id of your record: the same name and body is the
     *   same job. Without one, one is made
     * @return array<string, mixed>
     */
    public function post(string $kind, array $body, mixed $file = null, ?string $idempotencyKey = null): array
    {
        $path = 'v1/' . rawurlencode($kind);
        $headers = ['Idempotency-Key' => self::quoteKey($idempotencyKey)];
        if ($file === null) {
            return $this->postJson($path, $body, $headers);
        }
        $opened = OpenFile::open($file);
        $fields = array_map(self::text(...), array_filter($body, static fn (mixed $value) => $value !== null));
        $fields['file'] = new \CURLFile($opened->path(), 'application/octet-stream', $opened->name);
        return $this->transport->ask('POST', $path, $headers, $fields)->json();
    }

    /**
     * Has renditions made of a picture: $file, or what `source` in the body names.
     *
     * @param array<string, mixed> $body
     * @param string|\SplFileInfo|resource|null $file
     * @return array<string, mixed>
     */
    public function images(array $body, mixed $file = null, ?string $idempotencyKey = null): array
    {
        return $this->post('images', $body, $file, $idempotencyKey);
    }

    /**
     * Has a report made of data.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     */
    public function reports(array $body, ?string $idempotencyKey = null): array
    {
        return $this->post('reports', $body, null, $idempotencyKey);
    }

    /**
     * Sends a mail.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     */
    public function emails(array $body, ?string $idempotencyKey = null): array
    {
        return $this->post('emails', $body, null, $idempotencyKey);
    }

    /**
     * Calls an API of somebody else.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     */
    public function calls(array $body, ?string $idempotencyKey = null): array
    {
        return $this->post('calls', $body, null, $idempotencyKey);
    }

    /**
     * Begins a flow: jobs that need files of each other, once or for each row of a file.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     */
    public function flows(array $body, ?string $idempotencyKey = null): array
    {
        return $this->post('flows', $body, null, $idempotencyKey);
    }

    /**
     * Posts up to 500 jobs of a kind at once; returns what became of each, in `items`.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     */
    public function batch(string $kind, array $body, ?string $idempotencyKey = null): array
    {
        $headers = ['Idempotency-Key' => self::quoteKey($idempotencyKey)];
        return $this->postJson('v1/' . rawurlencode($kind) . '/batch', $body, $headers);
    }

    /**
     * The job as it is now.
     *
     * @param string|array<string, mixed> $job
     * @param ?string $signed for how long ("15m") its files have addresses that need no key
     * @return array<string, mixed>
     */
    public function job(string|array $job, ?string $signed = null): array
    {
        $query = $signed === null ? '' : '?' . http_build_query(['signed' => $signed]);
        return $this->transport->ask('GET', 'v1/jobs/' . self::id($job) . $query)->json();
    }

    /**
     * Your jobs, newest first, page by page.
     *
     * @param array<string, mixed> $filters kind, state, tag, subject, batch, flow, schedule and the other filters of the API
     * @return \Generator<int, array<string, mixed>>
     */
    public function jobs(array $filters = []): \Generator
    {
        do {
            $page = $this->transport->ask('GET', 'v1/jobs?' . http_build_query(array_map(
                static fn (mixed $value) => is_bool($value) ? self::json($value) : $value,
                $filters,
            )))->json();
            foreach ($page['jobs'] as $job) {
                yield $job;
            }
            $filters['cursor'] = $page['cursor'] ?? null;
        } while ($filters['cursor'] !== null);
    }

    /**
     * The job once it has completed.
     *
     * @param string|array<string, mixed> $job
     * @param ?float $timeout seconds to wait for it
     * @return array<string, mixed>
     * @throws JobFailed when it ends otherwise
     * @throws TimedOut when it has not ended in time
     */
    public function wait(string|array $job, ?float $timeout = null): array
    {
        $until = $timeout === null ? INF : microtime(true) + $timeout;
        while (true) {
            $askedAt = microtime(true);
            // An answer that is held must not count as a dead connection.
            $hold = (int) max(0, min(self::HOLD, round($until - $askedAt), $this->transport->timeout * 0.8));
            $found = $this->transport->ask('GET', 'v1/jobs/' . self::id($job), ['Prefer' => "wait=$hold"])->json();
            if ($found['state'] === 'completed') {
                return $found;
            }
            if (in_array($found['state'], self::ENDED, true)) {
                throw JobFailed::of($found);
            }
            if (microtime(true) >= $until) {
                throw new TimedOut("The job {$found['id']} is still {$found['state']}.", 'timed_out');
            }
            if (microtime(true) - $askedAt < 0.5) {
                usleep(500_000);
            }
        }
    }

    /**
     * The job each time something of it has changed, until it has ended; a broken connection is taken up again.
     *
     * @param string|array<string, mixed> $job
     * @return \Generator<int, array<string, mixed>>
     */
    public function follow(string|array $job): \Generator
    {
        [$last, $failures] = ['', 0];
        while (true) {
            $headers = ['Accept' => 'text/event-stream'] + ($last === '' ? [] : ['Last-Event-ID' => $last]);
            $lost = new Unavailable('The connection ended before its time.', 'no_answer', retryable: true);
            try {
                $pieces = $this->transport->stream('v1/jobs/' . self::id($job) . '/events', $headers, self::SILENT);
                foreach (Events::of($pieces) as [$last, $data]) {
                    $failures = 0;
                    $found = json_decode($data, true, 512, JSON_THROW_ON_ERROR);
                    yield $found;
                    if (in_array($found['state'], self::ENDED, true)) {
                        return;
                    }
                }
                if ($pieces->getReturn()->status === 204) {
                    return;
                }
            } catch (HeavyliftException $error) {
                $lost = $error;
            }
            $this->transport->pauseAfter($lost, ++$failures, $this->transport->patience);
        }
    }

    /**
     * Cancels the job: one that waits at once, one that runs as soon as it can be stopped.
     *
     * @param string|array<string, mixed> $job
     * @return array<string, mixed>
     */
    public function cancel(string|array $job): array
    {
        return $this->transport->ask('POST', 'v1/jobs/' . self::id($job) . '/cancel', [], '')->json();
    }

    /**
     * Runs a job again that failed or was cancelled.
     *
     * @param string|array<string, mixed> $job
     * @return array<string, mixed>
     */
    public function retry(string|array $job): array
    {
        return $this->transport->ask('POST', 'v1/jobs/' . self::id($job) . '/retry', [], '', false)->json();
    }

    /**
     * Erases the job with its files.
     *
     * @param string|array<string, mixed> $job
     */
    public function erase(string|array $job): void
    {
        $this->transport->ask('DELETE', 'v1/jobs/' . self::id($job));
    }

    /**
     * Uploads a file for jobs to name as ['upload' => id], and goes on where it was after a connection broke. It is
     * never in memory as a whole.
     *
     * @param string|\SplFileInfo|resource $file a path, a file of a framework, or a stream
     * @param ?string $kind of the jobs that it is for
     * @param ?string $idempotencyKey with the same one another process goes on with what this one has begun
     * @param ?callable(int, int): void $onProgress called with the bytes that were sent, and with all
     * @return array<string, mixed>
     */
    public function upload(
        mixed $file,
        ?string $name = null,
        ?string $type = null,
        ?string $kind = null,
        ?string $subject = null,
        ?string $idempotencyKey = null,
        ?callable $onProgress = null,
    ): array {
        $opened = OpenFile::open($file, $name);
        if ($opened->size === 0) {
            throw new \InvalidArgumentException("{$opened->name} is empty.");
        }
        $said = ['filename' => $opened->name, 'filetype' => $type, 'kind' => $kind, 'subject' => $subject];
        $said = array_filter($said, static fn (?string $value) => $value !== null && $value !== '');
        $pairs = array_map(
            static fn (string $name, string $value) => "$name " . base64_encode($value),
            array_keys($said),
            $said,
        );
        $begun = $this->transport->ask('POST', 'v1/uploads', self::TUS + [
            'Upload-Length' => (string) $opened->size,
            'Upload-Metadata' => implode(',', $pairs),
            'Idempotency-Key' => self::quoteKey($idempotencyKey),
        ], '');
        $path = 'v1/uploads/' . rawurlencode($begun->json()['id']);
        $this->sendRest($path, $opened, $begun->offset(), $onProgress);
        return $this->transport->ask('GET', $path)->json();
    }

    /**
     * Writes a result to $path, which is there once it is whole and as it was made. Of a job with several files it is
     * the folder for them; a folder that is there takes one, too.
     *
     * @param string|array<string, mixed> $file a job, its id (it is waited for), one of $job['result']['files'], or the
     *   address of a file
     */
    public function download(string|array $file, string $path): void
    {
        if (is_string($file) && str_contains($file, '/')) {
            Download::save($this->transport, $file, null, $path);
            return;
        }
        $found = is_string($file) ? $this->wait($file) : $file;
        $files = isset($found['url']) ? [$found] : $found['result']['files'] ?? [];
        $isFolder = count($files) > 1 || is_dir($path);
        if ($files === []) {
            throw new \InvalidArgumentException("The job {$found['id']} has no file.");
        }
        if ($isFolder && !is_dir($path)) {
            mkdir($path, 0777, true);
        }
        foreach ($files as $one) {
            $target = $isFolder ? "$path/" . basename($one['name']) : $path;
            Download::save($this->transport, $one['url'], $one['sha256'] ?? null, $target);
        }
    }

    /**
     * Asks any route, such as ('GET', '/v1/usage'); returns the JSON of its answer, null without one. A POST is asked
     * again after a lost answer when it has an idempotency key.
     *
     * @param ?array<mixed> $body
     */
    public function request(string $method, string $path, ?array $body = null, ?string $idempotencyKey = null): mixed
    {
        $headers = $idempotencyKey === null ? [] : ['Idempotency-Key' => self::quoteKey($idempotencyKey)];
        $content = in_array($method, ['POST', 'PUT', 'PATCH'], true) ? '' : null;
        if ($body !== null) {
            $headers['Content-Type'] = 'application/json';
            $content = self::json($body ?: new \stdClass());
        }
        $repeatable = $method !== 'POST' || $idempotencyKey !== null;
        $answer = $this->transport->ask($method, $path, $headers, $content, $repeatable);
        return $answer->content === '' ? null : $answer->json();
    }

    /**
     * What a webhook tells, once it is known to be genuine: as Webhook::verify.
     *
     * @param array<string, string|list<string>> $headers
     * @param string|list<string> $secret
     * @return array{type: string, timestamp: string, data: array<string, mixed>}
     * @throws WebhookRefused
     */
    public static function verifyWebhook(
        string $body,
        array $headers,
        #[\SensitiveParameter] string|array $secret,
        int $tolerance = 300,
    ): array {
        return Webhook::verify($body, $headers, $secret, $tolerance);
    }

    /**
     * @param array<string, mixed> $body
     * @param array<string, string> $headers
     * @return array<string, mixed>
     */
    private function postJson(string $path, array $body, array $headers): array
    {
        $headers['Content-Type'] = 'application/json';
        return $this->transport->ask('POST', $path, $headers, self::json($body ?: new \stdClass()))->json();
    }

    private function sendRest(string $path, OpenFile $opened, int $offset, ?callable $onProgress): void
    {
        $headers = self::TUS + ['Content-Type' => 'application/offset+octet-stream'];
        [$failures, $isKnown, $isShort] = [0, true, false];
        while ($offset < $opened->size) {
            $before = $offset;
            try {
                if ($isKnown) {
                    $headers['Upload-Offset'] = (string) $offset;
                    $answer = $this->transport->askOnce('PATCH', $path, $headers, [
                        CURLOPT_UPLOAD => true,
                        CURLOPT_INFILESIZE => $opened->size - $offset,
                        CURLOPT_READFUNCTION => self::reader($opened, $offset, $onProgress, $isShort),
                        // What reads can not end a request: curl would wait for its answer.
                        CURLOPT_NOPROGRESS => false,
                        CURLOPT_PROGRESSFUNCTION => static function () use (&$isShort): int {
                            return (int) $isShort;
                        },
                    ]);
                } else {
                    // What the server has is what counts, and it knows it for certain.
                    $answer = $this->transport->askOnce('HEAD', $path, self::TUS);
                }
                $offset = $answer->offset();
                if ($isKnown && $offset <= $before) {
                    $sentence = 'The server took a part of the upload, and has no more of it than before.';
                    throw new Unavailable($sentence, 'no_answer', retryable: true);
                }
                $isKnown = true;
            } catch (HeavyliftException $error) {
                if ($isShort) {
                    throw new \InvalidArgumentException("{$opened->name} has become shorter while it was sent.");
                }
                // Bytes for another place than the end, or another request that wrote: the end is asked for. What
                // answers that question says no more than its status.
                $isMoved = $isKnown
                    ? in_array($error->errorCode, ['conflict', 'upload_taken_over'], true)
                    : $error->status === 409;
                [$failures, $isKnown] = [$failures + 1, false];
                if ($error->errorCode !== 'conflict' || $failures > $this->transport->patience) {
                    $this->transport->pauseAfter($error, $failures, $this->transport->patience, $isMoved);
                }
            }
            $failures = $offset > $before ? 0 : $failures;
        }
    }

    private static function reader(OpenFile $opened, int $offset, ?callable $onProgress, bool &$isShort): \Closure
    {
        $opened->seek($offset);
        return static function (mixed $_handle, mixed $_in, int $most) use ($opened, &$offset, $onProgress, &$isShort): string {
            $bytes = $opened->read((int) min($most, $opened->size - $offset));
            $isShort = $bytes === '' && $offset < $opened->size;
            $offset += strlen($bytes);
            if ($onProgress && $bytes !== '') {
                $onProgress($offset, $opened->size);
            }
            return $bytes;
        };
    }

    /** @param string|array<string, mixed> $job */
    private static function id(string|array $job): string
    {
        return rawurlencode(is_string($job) ? $job : $job['id']);
    }

    private static function text(mixed $value): string
    {
        return is_string($value) ? $value : self::json($value);
    }

    private static function json(mixed $value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION);
    }

    private static function quoteKey(?string $key): string
    {
        if ($key !== null && !preg_match('/^[\x20-\x7e]+$/D', $key)) {
            throw new \InvalidArgumentException('idempotencyKey must be printable ASCII characters.');
        }
        return '"' . addcslashes($key ?? bin2hex(random_bytes(16)), '"\\') . '"';
    }
}

<?php
// A client of Heavylift in PHP 8.1 or newer, without a package or the curl extension. Take from it what you need.
//
//   URL=http://127.0.0.1:3000 KEY=... php client.php submit FILE WIDTH OUT [CALLBACK_URL]
//   WEBHOOK_SECRET=whsec_... php -S 127.0.0.1:PORT client.php      (or this file behind your web server)
declare(strict_types=1);

define('URL', getenv('URL') ?: 'http://127.0.0.1:3000');
const TRIES = 5;
const TOLERANCE_SECONDS = 300;

/** What the server refused (RFC 9457): the message is its sentence, `problem['code']` is for programs to act on. */
class ApiError extends Exception
{
    public function __construct(public readonly array $problem)
    {
        parent::__construct($problem['detail']);
    }
}

/**
 * Asks the API: a GET, or with a body a POST; returns the answer's bytes. What gets no answer, or "not now" (429, 5xx),
 * is asked again: an Idempotency-Key makes that safe.
 */
function call(string $path, ?string $body = null, array $headers = []): string
{
    $context = stream_context_create(['http' => [
        'method' => $body === null ? 'GET' : 'POST',
        'header' => ['Authorization: Bearer ' . getenv('KEY'), ...$headers],
        'content' => $body ?? '',
        'ignore_errors' => true, // the body of an error is wanted too
        'follow_location' => 0,
        'timeout' => 60,
    ]]);
    for ($tries = 1; ; $tries++) {
        $stream = @fopen(URL . $path, 'rb', false, $context);
        $head = $stream ? stream_get_meta_data($stream)['wrapper_data'] : [];
        $answer = $stream ? stream_get_contents($stream) : '';
        $status = (int) (explode(' ', $head[0] ?? '')[1] ?? 0);
        if ($status >= 200 && $status < 300) {
            return $answer;
        }
        $mayPass = $status === 0 || $status === 429 || $status >= 500;
        if (!$mayPass || $tries === TRIES) {
            throw readError($status, $answer);
        }
        sleep((int) headerOf($head, 'Retry-After') ?: 2 ** ($tries - 1));
    }
}

function headerOf(array $head, string $name): ?string
{
    foreach ($head as $line) {
        if (stripos($line, "$name:") === 0) {
            return trim(substr($line, strlen($name) + 1));
        }
    }
    return null;
}

function readError(int $status, string $answer): ApiError
{
    if ($status === 0) {
        return new ApiError(['detail' => 'No answer: ' . (error_get_last()['message'] ?? URL)]);
    }
    $problem = json_decode($answer, true);
    return new ApiError(isset($problem['detail']) ? $problem : ['detail' => "The server answered $status."]);
}

/** A form with a file, as its bytes and its content type. Neither the file's name nor its type matters. */
function multipart(array $fields, string $file): array
{
    $boundary = bin2hex(random_bytes(16));
    $head = "--$boundary\r\nContent-Disposition: form-data; name=";
    $body = '';
    foreach ($fields as $name => $text) {
        $body .= "$head\"$name\"\r\n\r\n$text\r\n";
    }
    $body .= "$head\"file\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\n$file";
    return ["$body\r\n--$boundary--\r\n", "multipart/form-data; boundary=$boundary"];
}

/** Posts an image, waits for its rendition and writes it to $out. */
function submit(string $path, string $width, string $out, string $callbackUrl = ''): void
{
    $content = @file_get_contents($path);
    if ($content === false) {
        throw new RuntimeException("$path can not be read.");
    }
    // A field that is left empty counts as not sent.
    [$body, $type] = multipart(['width' => $width, 'callbackUrl' => $callbackUrl], $content);
    // The same work has the same key, however often it is sent: one job. The id of your own record does it as well.
    $key = hash('sha256', "$content$width $callbackUrl");
    $accepted = call('/v1/images', $body, ["Content-Type: $type", "Idempotency-Key: \"$key\""]);
    $id = json_decode($accepted, true)['id'];
    echo "$id\n";

    $job = waitForEnd($id);
    if ($job['state'] !== 'completed') {
        throw new ApiError($job['error']);
    }
    $result = call("/v1/jobs/$id/result");
    // PHP does not notice when a download breaks off.
    if (hash('sha256', $result) !== $job['result']['files'][0]['sha256']) {
        throw new RuntimeException('The download is not whole.');
    }
    if (file_put_contents($out, $result) === false) {
        throw new RuntimeException("$out can not be written.");
    }
}

/** The job once it has ended. Each request is held by the server until then, or for 30 seconds. */
function waitForEnd(string $id): array
{
    do {
        $job = json_decode(call("/v1/jobs/$id", null, ['Prefer: wait=30']), true);
    } while (!in_array($job['state'], ['completed', 'failed', 'cancelled'], true));
    return $job;
}

/** Why a webhook is not to be trusted (https://www.standardwebhooks.com), or null. $body: the bytes as they came. */
function findFault(array $server, string $body, string $secret): ?string
{
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return 'its timestamp is not of now';
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    // Several while the secret is being changed: one of them has to match.
    foreach (explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return null;
        }
    }
    return 'no signature matches';
}

/** Takes one webhook. It can arrive twice: an application keeps each webhook-id it has acted on. */
function receive(): void
{
    $secret = getenv('WEBHOOK_SECRET');
    if (!$secret) {
        http_response_code(500);
        error_log('WEBHOOK_SECRET is not set.');
        return;
    }
    $body = file_get_contents('php://input');
    $fault = findFault($_SERVER, $body, $secret);
    // Answer soon and leave the work to others: what takes long counts as a failure and comes again.
    http_response_code($fault ? 400 : 204);
    if ($fault) {
        error_log("refused: $fault");
        return;
    }
    ['type' => $type, 'data' => $job] = json_decode($body, true);
    error_log("$type {$job['id']}");
}

if (PHP_SAPI !== 'cli') {
    receive();
} elseif (($argv[1] ?? '') === 'submit' && $argc >= 5) {
    try {
        submit(...array_slice($argv, 2));
    } catch (ApiError | RuntimeException $error) {
        fwrite(STDERR, $error->getMessage() . "\n");
        exit(1);
    }
} else {
    fwrite(STDERR, "usage: client.php submit FILE WIDTH OUT [CALLBACK_URL]\n");
    exit(1);
}

<?php

declare(strict_types=1);

namespace Heavylift;

use Heavylift\Exception\HeavyliftException;
use Heavylift\Exception\Unavailable;

/**
 * Requests and answers: the connection that is kept, what is sent again and when.
 *
 * @internal
 */
final class Transport
{
    /** Longer than this no request waits for its next try: the exception says when there may be one. */
    private const MOST_PAUSE = 60;
    /** What another try does not mend. */
    private const IN_VAIN = [CURLE_SSL_PEER_CERTIFICATE, CURLE_WRITE_ERROR, CURLE_ABORTED_BY_CALLBACK];

    public readonly string $url;
    /** Tries without any progress of what goes on where it was: for as long as a server takes to start again. */
    public readonly int $patience;
    private readonly string $origin;
    private ?\CurlHandle $handle = null;
    private int $pid = 0;

    public function __construct(
        string $url,
        #[\SensitiveParameter] private readonly string $key,
        public readonly int $timeout,
        private readonly int $retries,
        private readonly ?string $caFile,
    ) {
        $parts = parse_url($url);
        $isPlain = !array_intersect_key($parts ?: [], ['user' => 1, 'query' => 1, 'fragment' => 1]);
        if (!$isPlain || !in_array($parts['scheme'] ?? '', ['http', 'https'], true) || ($parts['host'] ?? '') === '') {
            throw new \InvalidArgumentException('url must be http:// or https://, a host, and a path if there is one.');
        }
        if (!preg_match('/^[\x21-\x7e]+$/D', $key)) {
            throw new \InvalidArgumentException('key must be printable ASCII characters without spaces.');
        }
        $this->url = rtrim($url, '/');
        $this->origin = self::originOf($url);
        $this->patience = max(0, 3 * $retries - 2);
    }

    /** @return array<string, string> */
    public function __debugInfo(): array
    {
        return ['url' => $this->url];
    }

    /**
     * The whole answer to a request. Throws what is not 2xx; what may pass is asked again.
     *
     * @param array<string, string> $headers
     * @param string|array<string, mixed>|null $body text, or the fields of a form
     */
    public function ask(
        string $method,
        string $path,
        array $headers = [],
        string|array|null $body = null,
        bool $repeatable = true,
    ): Answer {
        $options = $body === null ? [] : [CURLOPT_POSTFIELDS => $body];
        return $this->persist(fn () => $this->askOnce($method, $path, $headers, $options), $repeatable);
    }

    /**
     * The same, and nothing is asked again.
     *
     * @param array<string, string> $headers
     * @param array<int, mixed> $options further options of curl
     * @param ?\Closure(string, Answer): void $onBytes takes what is answered with 2xx; 307 is an answer then, too
     */
    public function askOnce(
        string $method,
        string $path,
        array $headers = [],
        array $options = [],
        ?\Closure $onBytes = null,
    ): Answer {
        if ($this->pid !== getmypid()) {
            // A connection must not be shared with a process that this one was forked from.
            [$this->handle, $this->pid] = [curl_init(), (int) getmypid()];
        }
        $incoming = new Incoming($onBytes);
        curl_reset($this->handle);
        curl_setopt_array($this->handle, $this->optionsOf($method, $path, $headers, $incoming) + $options);
        curl_exec($this->handle);
        $this->assertWhole(curl_errno($this->handle), curl_error($this->handle));
        $answer = $incoming->answer();
        if ($answer->status >= 300 && !($onBytes && $answer->status === 307)) {
            throw $answer->exception();
        }
        return $answer;
    }

    /**
     * What a GET answers, piece by piece as it comes; nothing is asked again. The generator returns the answer.
     *
     * @param array<string, string> $headers
     * @param int $silent so many seconds at least may pass without a byte
     * @return \Generator<int, string, void, Answer>
     */
    public function stream(string $path, array $headers, int $silent = 0): \Generator
    {
        $pieces = [];
        $incoming = new Incoming(static function (string $bytes) use (&$pieces): void {
            $pieces[] = $bytes;
        });
        $handle = curl_init();
        curl_setopt_array($handle, $this->optionsOf('GET', $path, $headers, $incoming));
        curl_setopt($handle, CURLOPT_LOW_SPEED_TIME, max($this->timeout, $silent));
        $multi = curl_multi_init();
        curl_multi_add_handle($multi, $handle);
        try {
            do {
                curl_multi_exec($multi, $running);
                while ($pieces) {
                    yield array_shift($pieces);
                }
                if ($running && curl_multi_select($multi, 1.0) === -1) {
                    usleep(10_000);
                }
            } while ($running);
            $ended = curl_multi_info_read($multi);
            $this->assertWhole($ended['result'] ?? CURLE_OK, curl_strerror($ended['result'] ?? CURLE_OK) ?? '');
        } finally {
            curl_multi_remove_handle($multi, $handle);
            curl_multi_close($multi);
        }
        $answer = $incoming->answer();
        if ($answer->status >= 300) {
            throw $answer->exception();
        }
        return $answer;
    }

    /**
     * What $once gives, tried again after what may pass.
     *
     * @template T
     * @param callable(): T $once
     * @return T
     */
    public function persist(callable $once, bool $repeatable = true): mixed
    {
        for ($tries = 1; ; $tries++) {
            try {
                return $once();
            } catch (HeavyliftException $error) {
                // What was refused was certainly not done; of what was not answered nobody knows.
                $wasRefused = in_array($error->status, [429, 503], true) && $error->errorCode !== 'outcome_unknown';
                $this->pauseAfter($error, $repeatable || $wasRefused ? $tries : $this->retries + 1);
            }
        }
    }

    /** Waits before the next try, of so many at most; throws where that is of no use. */
    public function pauseAfter(
        HeavyliftException $error,
        int $tries,
        ?int $most = null,
        bool $isMoved = false,
    ): void {
        $asked = $error->retryAfter ?? 0.0;
        if (!($error->retryable || $isMoved) || $tries > ($most ?? $this->retries) || $asked > self::MOST_PAUSE) {
            throw $error;
        }
        // As long as the server asks for, or longer each time; and never as long as others do.
        $seconds = $asked > 0
            ? $asked * random_int(100, 120) / 100
            : min(0.5 * 2 ** ($tries - 1), 8) * random_int(50, 100) / 100;
        usleep((int) ($seconds * 1_000_000));
    }

    /** A path below the url (`v1/jobs`), or an address as answers have them: whole, or from the root of the host. */
    public function absolute(string $path): string
    {
        if (preg_match('~^https?://~', $path)) {
            return $path;
        }
        $below = (string) parse_url($this->url, PHP_URL_PATH);
        $isFromRoot = str_starts_with($path, '/') && str_starts_with($path, "$below/");
        return $isFromRoot ? $this->origin . $path : $this->url . '/' . ltrim($path, '/');
    }

    /**
     * @param array<string, string> $headers
     * @return array<int, mixed>
     */
    private function optionsOf(string $method, string $path, array $headers, Incoming $incoming): array
    {
        $address = $this->absolute($path);
        $headers += ['Accept' => 'application/json, */*;q=0.1'];
        // Where storage is elsewhere an address says all there is to know: the key does not go there.
        if (self::originOf($address) === $this->origin) {
            $headers['Authorization'] = "Bearer {$this->key}";
        }
        $lines = array_map(static fn (string $name, string $value) => "$name: $value", array_keys($headers), $headers);
        if (preg_grep('/[\r\n\0]/', $lines)) {
            throw new \InvalidArgumentException('A header must be one line.');
        }
        return [
            CURLOPT_URL => $address,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_NOBODY => $method === 'HEAD',
            CURLOPT_HTTPHEADER => $lines,
            CURLOPT_USERAGENT => 'heavylift-php',
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_CONNECTTIMEOUT => $this->timeout,
            CURLOPT_LOW_SPEED_LIMIT => 1,
            CURLOPT_LOW_SPEED_TIME => $this->timeout,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_HEADERFUNCTION => $incoming->header(...),
            CURLOPT_WRITEFUNCTION => $incoming->bytes(...),
        ] + ($this->caFile === null ? [] : [CURLOPT_CAINFO => $this->caFile]);
    }

    private function assertWhole(int $code, string $sentence): void
    {
        if ($code === CURLE_OK) {
            return;
        }
        $sentence = "No answer from {$this->origin}: " . ($sentence ?: curl_strerror($code));
        throw new Unavailable($sentence, 'no_answer', retryable: !in_array($code, self::IN_VAIN, true));
    }

    private static function originOf(string $address): string
    {
        $parts = parse_url($address) ?: [];
        $port = isset($parts['port']) ? ":{$parts['port']}" : '';
        $origin = strtolower(($parts['scheme'] ?? '') . '://' . ($parts['host'] ?? '')) . $port;
        return (string) preg_replace('~^(http://.*):80$|^(https://.*):443$~', '$1$2', $origin);
    }
}

<?php

declare(strict_types=1);

namespace Heavylift;

use Heavylift\Exception\Conflict;
use Heavylift\Exception\HeavyliftException;
use Heavylift\Exception\InvalidRequest;
use Heavylift\Exception\NotFound;
use Heavylift\Exception\RateLimited;
use Heavylift\Exception\Unauthorized;
use Heavylift\Exception\Unavailable;

/**
 * What the server answered.
 *
 * @internal
 */
final class Answer
{
    private const EXCEPTIONS = [
        401 => Unauthorized::class,
        403 => Unauthorized::class,
        404 => NotFound::class,
        409 => Conflict::class,
        410 => NotFound::class,
        412 => Conflict::class,
        429 => RateLimited::class,
    ];

    private const MAY_PASS = [408, 425, 429, 500, 502, 503, 504];

    /** @param array<string, string> $headers by their names in lower case */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $content = '',
    ) {
    }

    /** The value that the JSON of it says. */
    public function json(): mixed
    {
        try {
            return json_decode($this->content, true, 512, JSON_THROW_ON_ERROR);
        } catch (\JsonException) {
            $sentence = 'The answer is no JSON: does the url lead to Heavylift?';
            throw new HeavyliftException($sentence, 'not_json', $this->status);
        }
    }

    /** How many bytes of an upload are there. */
    public function offset(): int
    {
        $text = $this->headers['upload-offset'] ?? '';
        if (!ctype_digit($text)) {
            $sentence = 'The answer to an upload has no Upload-Offset: does a proxy hide it?';
            throw new HeavyliftException($sentence, 'no_answer');
        }
        return (int) $text;
    }

    /** The exception that it is, by its status and its problem details (RFC 9457). */
    public function exception(): HeavyliftException
    {
        if ($this->status < 400) {
            $where = $this->headers['location'] ?? 'nowhere';
            $sentence = "The server leads to $where, which is not followed: is the url right?";
            return new HeavyliftException($sentence, 'redirected', $this->status);
        }
        $isProblem = str_starts_with($this->headers['content-type'] ?? '', 'application/problem+json');
        $problem = $isProblem ? json_decode($this->content, true) : null;
        $problem = is_string($problem['detail'] ?? null) && is_array($problem['errors'] ?? []) ? $problem : [];
        $class = self::EXCEPTIONS[$this->status] ?? ($this->status >= 500 ? Unavailable::class : InvalidRequest::class);
        return new $class(
            $problem['detail'] ?? "The server answered {$this->status}.",
            $problem['code'] ?? "http_{$this->status}",
            $this->status,
            $problem['errors'] ?? [],
            $problem['requestId'] ?? $this->headers['x-request-id'] ?? null,
            $this->retryAfter(),
            in_array($this->status, self::MAY_PASS, true) && ($problem['retryable'] ?? true),
        );
    }

    /** Seconds until another try makes sense, which the header may also say as a date. */
    private function retryAfter(): ?float
    {
        $text = trim($this->headers['retry-after'] ?? '');
        if ($text === '') {
            return null;
        }
        if (ctype_digit($text)) {
            return (float) substr($text, 0, 9);
        }
        $moment = strtotime(preg_match('/^[A-Z][a-z]+, /', $text) ? $text : '');
        return $moment === false ? null : (float) max(0, $moment - time());
    }
}

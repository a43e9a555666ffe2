<?php

declare(strict_types=1);

namespace Heavylift;

/**
 * An answer while it comes.
 *
 * @internal
 */
final class Incoming
{
    private int $status = 0;
    /** @var array<string, string> */
    private array $headers = [];
    private string $content = '';

    /** @param ?\Closure(string, Answer): void $onBytes takes what is answered with 2xx, as it comes */
    public function __construct(private readonly ?\Closure $onBytes)
    {
    }

    /** Takes a line of the head; an answer may have others before it, such as "100 Continue". */
    public function header(mixed $_handle, string $line): int
    {
        if (preg_match('~^HTTP/\S+ (\d{3})~', $line, $match)) {
            [$this->status, $this->headers] = [(int) $match[1], []];
        } elseif (str_contains($line, ':')) {
            [$name, $value] = explode(':', $line, 2);
            $this->headers[strtolower(trim($name))] = trim($value);
        }
        return strlen($line);
    }

    /** Takes some of the body. */
    public function bytes(mixed $_handle, string $bytes): int
    {
        if ($this->onBytes && $this->status < 300) {
            ($this->onBytes)($bytes, $this->answer());
        } else {
            $this->content .= $bytes;
        }
        return strlen($bytes);
    }

    /** The answer as far as it has come. */
    public function answer(): Answer
    {
        return new Answer($this->status, $this->headers, $this->content);
    }
}

<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** Anything that went wrong; its message is a sentence for people, and its code the status of the answer (0: none). */
class HeavyliftException extends \RuntimeException
{
    /**
     * @param string $errorCode for programs, such as "invalid_request"; "no_answer" where nothing was heard
     * @param list<array{pointer: string, detail: string}> $errors one for each faulty field
     * @param ?string $requestId the name of the request in the server's logs
     * @param ?float $retryAfter seconds until another try makes sense; null where nothing is known
     * @param bool $retryable whether the same request may be answered otherwise soon
     */
    final public function __construct(
        string $message,
        public readonly string $errorCode = 'error',
        public readonly int $status = 0,
        public readonly array $errors = [],
        public readonly ?string $requestId = null,
        public readonly ?float $retryAfter = null,
        public readonly bool $retryable = false,
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, $status, $previous);
    }
}

<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** A job failed or was cancelled: $job is all that is known of it. */
class JobFailed extends HeavyliftException
{
    /** @var array<string, mixed> */
    public array $job = [];

    /**
     * Makes it of the job.
     *
     * @param array<string, mixed> $job
     */
    public static function of(array $job): self
    {
        $error = $job['error'] ?? [];
        $failed = new self(
            $error['detail'] ?? "The job {$job['id']} is {$job['state']}.",
            $error['code'] ?? $job['state'],
            $error['status'] ?? 0,
            $error['errors'] ?? [],
            $job['requestId'] ?? null,
        );
        $failed->job = $job;
        return $failed;
    }
}

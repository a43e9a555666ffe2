<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** Too much at a time (429): a rate, or a quota. */
class RateLimited extends HeavyliftException
{
}

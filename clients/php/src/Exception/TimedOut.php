<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** A job has not ended in the time that was given; it goes on. */
class TimedOut extends HeavyliftException
{
}

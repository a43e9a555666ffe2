<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** The key does not hold (401), or may not do this (403). */
class Unauthorized extends HeavyliftException
{
}

<?php

declare(strict_types=1);

namespace Heavylift\Exception;

/** What was asked for can not be had as it stands: $errors names the fields. */
class InvalidRequest extends HeavyliftException
{
}

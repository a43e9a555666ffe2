"""An application in Django that takes a photo from a form: WEBHOOK_SECRET=whsec_... django_app.py runserver 8080"""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.management.utils import get_random_secret_key
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from heavylift import Heavylift, InvalidRequest, RateLimited, Unavailable, WebhookRefused, verify_webhook

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("SECRET_KEY") or get_random_secret_key(),
)
# Somebody waits for the answer: better soon and "later" than late.
heavylift = Heavylift(timeout=10, retries=1)


def show_form(request):
    return HttpResponse(
        f"""<!doctype html><title>Your photo</title>
        <form action="/photo" method="post" enctype="multipart/form-data">
        <input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">
        <label>Photo <input type="file" name="photo" required></label> <button>Send</button></form>"""
    )


@require_POST
def take_photo(request):
    body = {"width": 800, "format": "webp", "callbackUrl": request.build_absolute_uri("/webhook")}
    try:
        job = heavylift.images(body, file=request.FILES["photo"])
    except InvalidRequest as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    except (RateLimited, Unavailable) as error:
        return HttpResponse("Please try again soon.", status=503, headers={"Retry-After": int(error.retry_after or 5)})
    return HttpResponse(job["id"], status=202, content_type="text/plain")


@csrf_exempt
@require_POST
def take_webhook(request):
    try:
        event = verify_webhook(request.body, request.headers, os.environ["WEBHOOK_SECRET"])
    except WebhookRefused:
        return HttpResponse(status=400)
    # Note it and leave the work to others, once for each webhook-id.
    print(event["type"], event["data"]["id"], flush=True)
    return HttpResponse(status=204)


urlpatterns = [path("", show_form), path("photo", take_photo), path("webhook", take_webhook)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)

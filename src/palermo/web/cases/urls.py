from django.http import HttpResponse
from django.urls import path

app_name = "cases"
urlpatterns = [
    path("my-queue/", lambda request: HttpResponse(""), name="my-queue"),
    path("queues/", lambda request: HttpResponse(""), name="queues"),
]

from django.http import HttpResponse
from django.urls import path

app_name = "intake"
urlpatterns = [
    path("start/", lambda request: HttpResponse(""), name="start"),
    path("sent/", lambda request: HttpResponse(""), name="sent"),
]

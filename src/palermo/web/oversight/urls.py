from django.http import HttpResponse
from django.urls import path

app_name = "oversight"
urlpatterns = [
    path("who-owns-this/", lambda request: HttpResponse(""), name="who-owns-this"),
    path("organisation/", lambda request: HttpResponse(""), name="organisation"),
    path("policy/", lambda request: HttpResponse(""), name="policy"),
]

from django.urls import path

from palermo.web.duties import views

app_name = "duties"
urlpatterns = [
    path("breaches/", views.breaches, name="breaches"),
    path("referrals/<str:reference>/due/", views.due, name="due"),
    path("referrals/<str:reference>/due/<int:clock>/answer/", views.AnswerBreach.as_view(), name="answer"),
]

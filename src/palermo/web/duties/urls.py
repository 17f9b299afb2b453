from django.urls import path

from palermo.web.duties import views

app_name = "duties"
urlpatterns = [
    path("breaches/", views.breaches, name="breaches"),
    path("referrals/<str:reference>/due/", views.due, name="due"),
    path("referrals/<str:reference>/due/<int:clock>/answer/", views.AnswerBreach.as_view(), name="answer"),
    path("referrals/<str:reference>/first-known/", views.first_known, name="first-known"),
    path("referrals/<str:reference>/first-known/add/", views.RecordAllegation.as_view(), name="add-allegation"),
    path("referrals/<str:reference>/first-known/<int:key>/judge/", views.JudgeAgain.as_view(), name="judge-allegation"),
]

from django.urls import path

from palermo.web.trail import views

app_name = "trail"
urlpatterns = [
    path("trail/", views.trail, name="trail"),
    path("trail/sample/", views.sample, name="sample"),
    path("trail/sample/<int:entry>/", views.review, name="review"),
    path("trail/accounts/<int:key>/", views.account, name="account"),
    path("trail/people/<uuid:id>/", views.person, name="person"),
    path("referrals/<str:reference>/seen/", views.referral, name="referral"),
]
